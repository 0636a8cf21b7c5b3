import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

import type { Io } from '../io.js';
import { bad, good, type PartView, START } from './part-view.js';

const run = promisify(execFile);

export function onPath(program: string, env: Io['env']): string | undefined {
  return (env['PATH'] ?? '').split(delimiter).map((dir) => join(dir, program)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What a program says of itself; undefined where it does not run. */
export async function outputOf(path: string, args: readonly string[]): Promise<string | undefined> {
  try {
    return (await run(path, [...args], { timeout: 5_000 })).stdout.trim();
  } catch {
    return undefined;
  }
}

const isAtLeast = (version: string, [major, minor]: readonly [number, number]): boolean => {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
};

export async function probeGit({ env }: Io): Promise<PartView> {
  const fix = 'sudo apt-get install git';
  const path = onPath('git', env);
  if (!path) return bad('git', '', fix);
  const version = /((?<!\d)\d+\.\d+(\.\d+)?)/.exec((await outputOf(path, ['--version'])) ?? '')?.[1] ?? '';
  return isAtLeast(version, [2, 38]) ? good('git', version, path) : bad('git', path, fix, version);
}

export function probeNode(): PartView {
  const { node } = process.versions;
  return isAtLeast(node, [22, 12])
    ? good('node', node, process.execPath)
    : bad('node', process.execPath, START, node);
}
