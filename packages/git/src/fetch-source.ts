import { AppError } from '@countersign/domain';

import { BareRepository } from './bare-repository.js';
import type { Git } from './git.js';
import { FETCH, SOURCE_REFSPEC } from './import-source.js';
import { quoteWord } from './quote-word.js';
import { chooseBranch, openSource, talkTo, type OpenedSource, type SourceRules } from './source.js';

export type FetchOptions = SourceRules & {
  readonly git: Git;
  readonly bareDir: string;
  readonly source: string;
  readonly branch: string;
  /** Default ten minutes. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (line: string) => void;
};

/** `ahead`: merges of ours are not at the source yet, which is no fault. */
export type Fetched = { readonly outcome: 'fetched' | 'unchanged' | 'ahead'; readonly tip: string; readonly sourceTip: string };

const TEN_MINUTES_MS = 600_000;
const TRIES = 3;

/** It was a repository when it was imported: one that is gone is away, not wrong. */
async function reopen(options: FetchOptions): Promise<OpenedSource> {
  try {
    return await openSource(options.git, options.source, options);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'REPO_NOT_GIT') throw error;
    throw new AppError('SOURCE_UNREACHABLE', `The source ${options.source} cannot be read`, { field: 'repo', cause: error, details: { source: options.source, git: null } });
  }
}

async function fetchBranches(opened: OpenedSource, { bareDir, deadlineMs = TEN_MINUTES_MS, signal, onProgress }: FetchOptions): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await talkTo(opened, [...FETCH, '--', opened.remote, SOURCE_REFSPEC], {
        gitDir: bareDir,
        deadlineMs,
        ...(signal ? { signal } : {}),
        ...(onProgress ? { onProgress } : {}),
      });
      return;
    } catch (error) {
      // Another request of the project may fetch the same refs at this moment; a URL is left to the caller's pace.
      if (attempt >= TRIES || opened.kind === 'url' || signal?.aborted) throw error;
    }
  }
}

function diverged({ bareDir, source, branch }: FetchOptions, kind: OpenedSource['kind'], ours: string, theirs: string): AppError {
  const pull = `pull --no-rebase ${quoteWord(bareDir)} ${quoteWord(branch)}`;
  const type = kind === 'path' ? `git -C ${quoteWord(source)} ${pull}` : `git ${pull}   # in a clone of ${source}, on ${branch}; then push`;
  return new AppError('SOURCE_DIVERGED', `${branch} has commits at the source (${theirs.slice(0, 12)}) and here (${ours.slice(0, 12)}) that the other side lacks`, {
    details: { branch, ours, theirs, type },
  });
}

/**
 * Brings `refs/heads/<branch>` forward to the source's, never back and never sideways. The source is only read.
 * A second call finds nothing to do.
 *
 * @throws AppError SOURCE_DIVERGED (details: both tips and the command to type), SOURCE_UNREACHABLE, BRANCH_MISSING,
 * REPO_NOT_GIT, REPO_NOT_ALLOWED, URL_REFUSED.
 */
export async function fetchSource(options: FetchOptions): Promise<Fetched> {
  const { git, bareDir, branch } = options;
  const opened = await reopen(options);
  await fetchBranches(opened, options);

  const bare = new BareRepository(git, bareDir);
  const sourceRefs = await bare.refs('refs/remotes/source/');
  const branches = sourceRefs.map(({ ref, object }) => ({ name: ref.slice('refs/remotes/source/'.length), commit: object }));
  const { commit: theirs } = chooseBranch({ head: undefined, branches }, branch);

  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const ours = await bare.resolve(`refs/heads/${branch}`);
    if (ours === theirs) return { outcome: 'unchanged', tip: ours, sourceTip: theirs };
    if (ours !== undefined && (await bare.isAncestor(theirs, ours))) return { outcome: 'ahead', tip: ours, sourceTip: theirs };
    if (ours !== undefined && !(await bare.isAncestor(ours, theirs))) throw diverged(options, opened.kind, ours, theirs);
    if (await bare.updateRefs([{ ref: `refs/heads/${branch}`, to: theirs, from: ours ?? null }])) {
      return { outcome: 'fetched', tip: theirs, sourceTip: theirs };
    }
  }
  throw new AppError('CONFLICT', `${branch} moved while it was brought forward`);
}
