import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { AppError } from '@countersign/domain';

import { BareRepository } from './bare-repository.js';
import type { Git } from './git.js';
import { chooseBranch, listSource, openSource, talkTo, type OpenedSource, type SourceRules } from './source.js';

export const DEFAULT_IMPORT_LIMITS: ImportLimits = { bytes: 5_000_000_000, ms: 30 * 60_000 };

export type ImportLimits = { readonly bytes: number; readonly ms: number };

export type ImportOptions = SourceRules & {
  readonly git: Git;
  /** Absolute path or URL. */
  readonly source: string;
  readonly bareDir: string;
  /** Defaults to the source's own branch. */
  readonly branch?: string;
  readonly limits?: ImportLimits;
  readonly signal?: AbortSignal;
  readonly onProgress?: (line: string) => void;
};

export type Imported = { readonly bareDir: string; readonly branch: string; readonly tip: string; readonly branches: readonly string[] };

const WATCH_MS = 500;
const IMPORTING = '.importing-';

/** What every fetch from a source fetches: branches only, kept apart from the refs that are ours. */
export const SOURCE_REFSPEC = '+refs/heads/*:refs/remotes/source/*';
export const FETCH = ['fetch', '--progress', '--no-tags', '--prune', '--no-write-fetch-head', '--update-shallow', '--no-recurse-submodules'] as const;

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** A folder by our rename is complete: a crash before the rename leaves only what the next call removes. */
async function existingImport(git: Git, bareDir: string, source: string, wanted: string | undefined): Promise<Imported | undefined> {
  if (!(await exists(bareDir))) return undefined;
  const bare = new BareRepository(git, bareDir);
  const [from, branch] = (await bare.text(['config', '--get-regexp', '^countersign\\.(source|branch)$'], { okExitCodes: [0, 1] }))
    .split('\n')
    .map((line) => line.slice(line.indexOf(' ') + 1));
  const tip = branch ? await bare.resolve(`refs/heads/${branch}`) : undefined;
  if (from !== source || !branch || !tip || (wanted !== undefined && wanted !== branch)) {
    throw new AppError('ALREADY_EXISTS', 'Another repository or branch was imported to this place already', { field: 'repo' });
  }
  return { bareDir, branch, tip, branches: await branchesOf(bare) };
}

async function branchesOf(bare: BareRepository): Promise<readonly string[]> {
  return (await bare.refs('refs/remotes/source/')).map(({ ref }) => ref.slice('refs/remotes/source/'.length));
}

async function removeUnfinished(bareDir: string): Promise<void> {
  const parent = dirname(bareDir);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const unfinished = (await readdir(parent)).filter((name) => name.startsWith(`${basename(bareDir)}${IMPORTING}`));
  await Promise.all(unfinished.map((name) => rm(join(parent, name), { recursive: true, force: true })));
}

async function fetchWithin(opened: OpenedSource, bare: BareRepository, { limits = DEFAULT_IMPORT_LIMITS, signal, onProgress }: ImportOptions): Promise<void> {
  const tooLarge = new AbortController();
  const isTooLarge = async (): Promise<boolean> => (await bare.bytes()) > limits.bytes;
  const watch = setInterval(() => void isTooLarge().then((large) => large && tooLarge.abort(), () => undefined), WATCH_MS);
  const refuse = (): never => {
    throw new AppError('REPO_TOO_LARGE', `The repository is larger than ${Math.round(limits.bytes / 1e6)} MB, the limit of an import`, {
      field: 'repo',
      details: { limitBytes: limits.bytes },
    });
  };
  try {
    await talkTo(opened, [...FETCH, '--', opened.remote, SOURCE_REFSPEC], {
      gitDir: bare.dir,
      deadlineMs: limits.ms,
      signal: signal ? AbortSignal.any([signal, tooLarge.signal]) : tooLarge.signal,
      ...(onProgress ? { onProgress } : {}),
    });
  } catch (error) {
    if (tooLarge.signal.aborted && !signal?.aborted) refuse();
    throw error;
  } finally {
    clearInterval(watch);
  }
  if (await isTooLarge()) refuse();
}

/**
 * Imports a source as a bare repository: its branches under `refs/remotes/source/*`, the working branch also as
 * `refs/heads/<branch>`, which is the place of record from then on. The source is only read. Works in a folder
 * beside `bareDir` and renames it at the end; a call after a crash begins cleanly, one after the end answers the
 * import that is there.
 *
 * @throws AppError REPO_NOT_ALLOWED, REPO_NOT_GIT, REPO_EMPTY, BRANCH_MISSING, REPO_TOO_LARGE, URL_REFUSED,
 * URL_CREDENTIALS, SOURCE_UNREACHABLE, GIT_TIMEOUT, ALREADY_EXISTS (something else was imported there).
 */
export async function importBare(options: ImportOptions): Promise<Imported> {
  const { git, source, bareDir, signal } = options;
  const opened = await openSource(git, source, options);
  const existing = await existingImport(git, bareDir, source, options.branch);
  if (existing) return existing;

  const { name: branch, commit } = chooseBranch(await listSource(opened, signal), options.branch);
  await removeUnfinished(bareDir);
  const draft = `${bareDir}${IMPORTING}${randomBytes(6).toString('hex')}`;
  try {
    const bare = await BareRepository.init(opened.git, draft, commit.length === 64 ? 'sha256' : 'sha1', branch);
    await fetchWithin(opened, bare, options);
    const tip = await bare.resolve(`refs/remotes/source/${branch}`);
    if (tip === undefined) throw new AppError('BRANCH_MISSING', `The branch ${branch} went away while it was fetched`, { field: 'branch' });
    await bare.updateRefs([{ ref: `refs/heads/${branch}`, to: tip, from: null }]);
    await bare.run(['config', 'countersign.source', source]);
    await bare.run(['config', 'countersign.branch', branch]);
    // The place of record outlives a power cut, refs included.
    await bare.run(['config', 'core.fsync', 'committed,loose-object,reference']);
    const branches = await branchesOf(bare);
    await rename(draft, bareDir);
    return { bareDir, branch, tip, branches };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
