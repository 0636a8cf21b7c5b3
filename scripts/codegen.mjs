// Writes every generated file that is committed (`npm run codegen`); `--check` says which would change and keeps them.
// It runs what `npm run build` compiled.
import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { isMain, ROOT } from './lib/as-script.mjs';
import { run } from './lib/run.mjs';
import { provisionRuntime } from './provision-runtime.mjs';

const GENERATED = [
  { file: 'gateway/schema.graphql', by: 'gateway/dist/print-schema.js' },
  { file: 'docs/cli.md', by: 'packages/cli/dist/print-docs.js' },
  { file: '.env.example', by: 'services/standalone/dist/print-env-example.js' },
];
const SHOWN_LINES = 20;

const say = (line) => void process.stdout.write(`${line}\n`);
const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);

/** Each generator writes its own file. Answers what it held before and what it holds now. */
async function generate(node, { file, by }) {
  const path = join(ROOT, file);
  const script = join(ROOT, by);
  if (!existsSync(script)) throw new Error(`${by} is not there: run \`npm run build\`.`);
  const before = read(path);
  const stat = statSync(path, { throwIfNoEntry: false });
  await run(node, [script], { cwd: ROOT, timeoutMs: 60_000 });
  const now = read(path);
  if (now === undefined) throw new Error(`${by} did not write ${relative(ROOT, path)}.`);
  // What did not change must not look changed to the next build.
  if (stat && before === now) utimesSync(path, stat.atime, stat.mtime);
  return { path, before, now, stat };
}

function restore({ path, before, stat }) {
  if (before === undefined) return rmSync(path, { force: true });
  writeFileSync(path, before);
  utimesSync(path, stat.atime, stat.mtime);
}

function difference(before, now) {
  const [old, made] = [before.split('\n'), now.split('\n')];
  const at = made.findIndex((line, index) => line !== old[index]);
  const from = at === -1 ? made.length : at;
  const shown = (lines, sign) => lines.slice(from, from + SHOWN_LINES).map((line) => `    ${sign} ${line}`);
  return [`    line ${from + 1}:`, ...shown(old, '-'), ...shown(made, '+')].join('\n');
}

async function check(node) {
  let isCurrent = true;
  for (const entry of GENERATED) {
    try {
      const result = await generate(node, entry);
      if (result.before === result.now) {
        say(`${entry.file}: current`);
        continue;
      }
      restore(result);
      isCurrent = false;
      say(`${entry.file}: not what ${entry.by} writes. Run \`npm run codegen\` and commit it.`);
      if (result.before !== undefined) say(difference(result.before, result.now));
    } catch (error) {
      isCurrent = false;
      say(`${entry.file}: ${error.message}`);
    }
  }
  return isCurrent ? 0 : 1;
}

async function write(node) {
  for (const entry of GENERATED) {
    const { before, now } = await generate(node, entry);
    say(`${entry.file}: ${before === now ? 'unchanged' : 'written'}`);
  }
  return 0;
}

if (isMain(import.meta)) {
  try {
    const { where: node } = await provisionRuntime({ log: say, env: process.env, root: ROOT });
    process.exitCode = process.argv.includes('--check') ? await check(node) : await write(node);
  } catch (error) {
    say(error.message);
    process.exitCode = 1;
  }
}
