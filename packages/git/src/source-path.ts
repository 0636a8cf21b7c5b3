import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';

import { AppError } from '@countersign/domain';

import type { Git } from './git.js';

export type PathRules = {
  /** Folders below which a source may lie (`COUNTERSIGN_REPO_ROOTS`). */
  readonly roots: readonly string[];
  /** Our own data folder: nothing in it is a source. */
  readonly dataDir?: string;
};

export type SourcePath = {
  readonly path: string;
  readonly gitDir: string;
  /** What git must trust, whoever owns it. */
  readonly safeDirectories: readonly string[];
};

async function realOf(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}

function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

async function requireAllowed(path: string, { roots, dataDir }: PathRules): Promise<void> {
  const realRoots = (await Promise.all(roots.map(realOf))).filter((root) => root !== undefined);
  const realData = dataDir === undefined ? undefined : await realOf(dataDir);
  if (realData !== undefined && isBelow(path, realData)) {
    throw new AppError('REPO_NOT_ALLOWED', 'A repository inside our own data folder is no source', { field: 'repo' });
  }
  if (!realRoots.some((root) => isBelow(path, root))) {
    throw new AppError('REPO_NOT_ALLOWED', `The repository must lie below ${roots.join(' or ') || 'a named folder'}; COUNTERSIGN_REPO_ROOTS names the folders`, {
      field: 'repo',
      details: { roots: [...roots] },
    });
  }
}

async function gitDirectories(git: Git, candidate: string): Promise<readonly string[] | undefined> {
  const args = ['rev-parse', '--path-format=absolute', '--absolute-git-dir', '--git-common-dir'];
  const { exitCode, stdout } = await git.run(args, { gitDir: candidate, deadlineMs: 10_000, okExitCodes: [0, 128] });
  return exitCode === 0 ? stdout.toString('utf8').trimEnd().split('\n') : undefined;
}

/**
 * Finds the repository at a path. A `.git` file or a work tree that leads elsewhere is followed, and held to the
 * same roots.
 *
 * @throws AppError REPO_NOT_ALLOWED, REPO_NOT_GIT.
 */
export async function openSourcePath(git: Git, source: string, rules: PathRules): Promise<SourcePath> {
  if (!isAbsolute(source) || source.includes('\0') || source.includes('\n')) {
    throw new AppError('REPO_NOT_GIT', 'A repository is an absolute path or a URL', { field: 'repo' });
  }
  const path = await realOf(source);
  // Outside the roots nothing is told, not even whether it exists.
  await requireAllowed(path ?? source, rules);
  if (path === undefined || !(await stat(path)).isDirectory()) {
    throw new AppError('REPO_NOT_GIT', `There is no folder ${source}`, { field: 'repo' });
  }
  for (const candidate of [join(path, '.git'), path]) {
    const found = await gitDirectories(git, candidate);
    if (!found) continue;
    const real = (await Promise.all(found.map(realOf))).filter((directory) => directory !== undefined);
    for (const directory of real) await requireAllowed(directory, rules);
    return { path, gitDir: real[0] ?? candidate, safeDirectories: [path, candidate, ...real] };
  }
  throw new AppError('REPO_NOT_GIT', `${source} is not a git repository; where it lies inside one, give that one's top folder`, { field: 'repo' });
}
