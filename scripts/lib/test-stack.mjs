// The servers that suites share, as a child of `npm test`: started before the first step that needs them, once.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const STOP_MS = 30_000;

/** Answers `{ env, stop }`; a child that ends before it answers is an error that names its log. */
export async function startTestStack({ root, node, env, folder }) {
  const log = join(folder, 'servers.log');
  const errors = openSync(log, 'w');
  // A group of its own: Ctrl-C on the terminal must not end the servers under the tests that are being stopped.
  const child = spawn(node, [join(root, 'scripts/test-stack.mjs')], { cwd: root, env, detached: true, stdio: ['pipe', 'pipe', errors] });
  closeSync(errors);
  const ended = new Promise((resolve) => {
    child.once('error', resolve);
    child.once('exit', resolve);
  });
  const first = await Promise.race([createInterface(child.stdout)[Symbol.asyncIterator]().next(), ended]);
  if (!first?.value) throw new Error(`the servers did not start: ${log}`);
  const stop = async () => {
    child.stdin.end();
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(late);
  };
  return { env: { ...JSON.parse(first.value), COUNTERSIGN_TEST_STACK: 'started' }, stop };
}
