import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import type { startStack, TestStack } from './stack.js';

// Jest resolves neither source conditions nor .ts here, so what the setup itself needs is compiled first: 0.2 s.
const NEEDED = ['packages/parts', 'packages/testing'];

declare global {
  var countersignStack: TestStack | undefined;
}

// eslint-disable-next-line no-restricted-syntax -- Jest takes the default export.
export default async function globalSetup({ rootDir }: { readonly rootDir: string }): Promise<void> {
  for (const folder of NEEDED) compile(rootDir, folder);
  const compiled = (await import(join(rootDir, 'packages/testing/dist/stack.js'))) as { startStack: typeof startStack };
  const stack = await compiled.startStack(rootDir);
  globalThis.countersignStack = stack;
  Object.assign(process.env, stack.env);
}

function compile(root: string, folder: string): void {
  const swc = join(root, 'node_modules/@swc/cli/bin/swc.js');
  const args = [swc, 'src', '-d', 'dist', '--strip-leading-paths', '--config-file', join(root, '.swcrc')];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: join(root, folder), encoding: 'utf8' });
  if (status !== 0) throw new Error(`${folder} does not compile:\n${stderr}`);
}
