import { AppError } from '@countersign/domain';

import type { Git, GitRunOptions } from './git.js';
import { openSourcePath, type PathRules } from './source-path.js';
import { isUrlSource, parseSourceUrl, pinnedConfig, resolveSource, type UrlRules } from './source-url.js';

export type SourceRules = PathRules & UrlRules;

/** A source that was checked and may be fetched from; nothing of it is ever written. */
export type OpenedSource = {
  readonly kind: 'path' | 'url';
  /** What git is given as the remote. */
  readonly remote: string;
  /** Trusts exactly this source. */
  readonly git: Git;
  readonly access: Pick<GitRunOptions, 'protocols' | 'config'>;
};

export type SourceRef = { readonly name: string; readonly commit: string };
export type SourceRefs = { readonly head: string | undefined; readonly branches: readonly SourceRef[] };

const LIST_MS = 60_000;
const OBJECT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/**
 * @throws AppError REPO_NOT_ALLOWED, REPO_NOT_GIT, URL_REFUSED, URL_CREDENTIALS, SOURCE_UNREACHABLE.
 */
export async function openSource(git: Git, source: string, rules: SourceRules): Promise<OpenedSource> {
  if (!isUrlSource(source)) {
    const { path, safeDirectories } = await openSourcePath(git, source, rules);
    return { kind: 'path', remote: path, git: await git.trusting(safeDirectories), access: { protocols: 'file' } };
  }
  const url = parseSourceUrl(source, rules);
  const addresses = await resolveSource(url, rules);
  const protocols = rules.allowHttp ? 'https:ssh:http' : 'https:ssh';
  return { kind: 'url', remote: url.text, git, access: { protocols, config: pinnedConfig(url, addresses) } };
}

function unreachable(remote: string, cause: unknown): AppError {
  const details = cause instanceof AppError ? cause.details : undefined;
  return new AppError('SOURCE_UNREACHABLE', `The source ${remote} cannot be read`, { field: 'repo', cause, details: { source: remote, git: details ?? null } });
}

/** Runs a command that talks to the source. Whatever goes wrong while talking, a person looks at the source first. */
export async function talkTo(source: OpenedSource, args: readonly string[], options: GitRunOptions): Promise<Buffer> {
  try {
    const { stdout } = await source.git.run(args, { ...options, ...source.access });
    return stdout;
  } catch (error) {
    if (options.signal?.aborted || (error instanceof AppError && error.code === 'PART_MISSING')) throw error;
    throw unreachable(source.remote, error);
  }
}

/** Branches of the source and the one its HEAD names. */
export async function listSource(source: OpenedSource, signal?: AbortSignal): Promise<SourceRefs> {
  const args = ['ls-remote', '--symref', '--', source.remote, 'HEAD', 'refs/heads/*'];
  const stdout = await talkTo(source, args, { deadlineMs: LIST_MS, ...(signal ? { signal } : {}) });
  const lines = stdout.toString('utf8').split('\n').filter(Boolean);
  const symref = lines.map((line) => /^ref: refs\/heads\/(.+)\tHEAD$/.exec(line)?.[1]).find(Boolean);
  const refs = lines.flatMap((line) => {
    const [commit = '', name = ''] = line.split('\t');
    return OBJECT.test(commit) ? [{ commit, name }] : [];
  });
  const branches = refs.flatMap(({ commit, name }) => (name.startsWith('refs/heads/') ? [{ commit, name: name.slice(11) }] : []));
  const headCommit = refs.find(({ name }) => name === 'HEAD')?.commit;
  return { head: symref ?? branches.find(({ commit }) => commit === headCommit)?.name, branches };
}

/**
 * The branch to work on: the one named, else the source's own.
 *
 * @throws AppError REPO_EMPTY, BRANCH_MISSING (says which exist).
 */
export function chooseBranch({ head, branches }: SourceRefs, wanted: string | undefined): SourceRef {
  if (branches.length === 0) throw new AppError('REPO_EMPTY', 'The repository has no commit yet', { field: 'repo' });
  const found = branches.find(({ name }) => name === (wanted ?? head));
  if (found) return found;
  const names = branches.slice(0, 20).map(({ name }) => name);
  const more = branches.length > names.length ? ` and ${branches.length - names.length} more` : '';
  const which = wanted === undefined ? 'The repository names no branch of its own' : `There is no branch ${wanted}`;
  throw new AppError('BRANCH_MISSING', `${which}; there are: ${names.join(', ')}${more}`, { field: 'branch', details: { branches: names } });
}
