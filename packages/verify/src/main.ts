import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { verifyBundle } from './bundle.js';
import { verdictText } from './report.js';
import { readRootKey } from './root-key.js';

const USAGE = 'usage: node verify.mjs <bundle> [--root <public key file>] [--checkpoint <file>] [--json]';

const read = (path: string): string => readFileSync(path, 'utf8');

function main(): number {
  const options = { root: { type: 'string' }, checkpoint: { type: 'string' }, json: { type: 'boolean' } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [bundle, ...more] = positionals;
  if (bundle === undefined || more.length > 0) throw new Error(USAGE);
  const verdict = verifyBundle(read(bundle), {
    ...(values.root !== undefined && { root: readRootKey(read(values.root)) }),
    ...(values.checkpoint !== undefined && { earlierCheckpoint: read(values.checkpoint) }),
  });
  process.stdout.write(values.json ? `${JSON.stringify(verdict)}\n` : verdictText(verdict));
  return verdict.exitCode;
}

try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
