// Starts the servers that tests share and stops them when its stdin closes, which also happens when whoever started it is
// killed. The last line on stdout is the environment that suites read.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { ROOT } from './lib/as-script.mjs';

// Only what the stack itself needs, so that it does not wait for the whole build: 0.2 s each.
for (const folder of ['packages/parts', 'packages/testing']) compile(folder);
const { startStack } = await import(join(ROOT, 'packages/testing/dist/stack.js'));
const stack = await startStack(ROOT);
process.stdout.write(`${JSON.stringify(stack.env)}\n`);
// A group signal of a terminal reaches this process as well; the servers are stopped in order, by the end of stdin.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
process.stdin.resume();
process.stdin.on('close', () => void stack.stop().then(() => process.exit(0)));

function compile(folder) {
  const swc = join(ROOT, 'node_modules/@swc/cli/bin/swc.js');
  const args = [swc, 'src', '-d', 'dist', '--strip-leading-paths', '--config-file', join(ROOT, '.swcrc')];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: join(ROOT, folder), encoding: 'utf8' });
  if (status !== 0) throw new Error(`${folder} does not compile:\n${stderr}`);
}
