import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

declare global {
  var countersignStopStack: (() => Promise<void>) | undefined;
}

/** Set by `npm test`, which starts the servers once for all of its steps. */
const ALREADY_STARTED = 'COUNTERSIGN_TEST_STACK';

/** Makes one run of jest by hand like a step of `npm test`: with the servers that suites share. */
// eslint-disable-next-line no-restricted-syntax -- Jest takes the default export.
export default async function globalSetup({ rootDir }: { readonly rootDir: string }): Promise<void> {
  if (process.env[ALREADY_STARTED]) return;
  const child = spawn(process.execPath, [join(rootDir, 'scripts/test-stack.mjs')], { cwd: rootDir, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  const first = await Promise.race([createInterface(child.stdout)[Symbol.asyncIterator]().next(), ended]);
  if (first === undefined || first.done) throw new Error('The servers of the tests did not start: see above.');
  Object.assign(process.env, JSON.parse(first.value) as Record<string, string>);
  globalThis.countersignStopStack = async () => {
    child.stdin.end();
    await ended;
  };
}
