import type { GitRunOptions } from './git.js';

/** Only the one that we name: whatever `.git` lies in the files that git looks at, its configuration, hooks and objects are never read. */
function repositoryOf({ gitDir }: Pick<GitRunOptions, 'gitDir' | 'workTree'>): string | undefined {
  return gitDir;
}

/** What stands between a hostile work tree and the git of the host. The product runs with these and nothing else. */
export const GIT_GUARDS = { repositoryOf } as const;

export type GitGuards = typeof GIT_GUARDS;
