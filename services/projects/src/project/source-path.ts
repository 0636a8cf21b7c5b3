import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';

import { AppError } from '@countersign/domain';

export type SourcePlaces = { readonly repoRoots: readonly string[]; readonly dataDir: string };

/**
 * Answers at once what the import would only say later; the import checks again, links inside the repository included.
 *
 * @throws AppError INVALID_INPUT for a relative path; REPO_NOT_ALLOWED outside the roots or inside the data folder;
 * REPO_NOT_GIT where there is no such folder.
 */
export async function requireAllowedPath(repo: string, { repoRoots, dataDir }: SourcePlaces): Promise<void> {
  if (!isAbsolute(repo) || repo.includes('\0')) throw refused('INVALID_INPUT', `repo: ${JSON.stringify(repo)} is neither an absolute path nor a URL`);
  const roots = await Promise.all(repoRoots.map(realOrGiven));
  const real = await realpath(repo).catch(() => undefined);
  // Whether a path outside the roots exists is nobody's business, so the roots are asked first.
  const mayLieBelow = real === undefined ? [...roots, ...repoRoots] : roots;
  if (!mayLieBelow.some((root) => isWithin(real ?? resolve(repo), root))) {
    throw refused('REPO_NOT_ALLOWED', `${repo} does not lie below a folder of COUNTERSIGN_REPO_ROOTS (${repoRoots.join(', ')})`);
  }
  if (real === undefined) throw refused('REPO_NOT_GIT', `There is no folder ${repo}`);
  if (isWithin(real, await realOrGiven(dataDir))) {
    throw refused('REPO_NOT_ALLOWED', `${repo} lies inside the data folder of Countersign, which no source may`);
  }
}

const refused = (code: 'INVALID_INPUT' | 'REPO_NOT_ALLOWED' | 'REPO_NOT_GIT', message: string): AppError =>
  new AppError(code, message, { field: 'repo' });

function realOrGiven(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith('../') && !isAbsolute(way));
}
