import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { makeLog } from './progress.mjs';

export const ROOT = resolve(fileURLToPath(import.meta.url), '../../..');

export function isMain(meta) {
  return Boolean(process.argv[1]) && realpathSync(process.argv[1]) === fileURLToPath(meta.url);
}

/** Lets a provisioner be run by itself: progress on stderr, its answer as the last line on stdout. */
export async function runProvisioner(meta, name, provision) {
  if (!isMain(meta)) return;
  const log = makeLog(name);
  try {
    const answer = await provision({ log, env: process.env, root: ROOT });
    log(answer.ok === false ? `not available: ${answer.fix}` : `${answer.version} at ${answer.where} (${answer.how})`);
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    process.exitCode = answer.ok === false ? 1 : 0;
  } catch (error) {
    log(error.message);
    if (error.fix) log(`To go on: ${error.fix}`);
    process.exitCode = 1;
  }
}
