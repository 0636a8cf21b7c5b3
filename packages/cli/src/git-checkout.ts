import { join } from 'node:path';

import { addressOf } from './addresses.js';
import type { Context } from './context.js';

type Shown = {
  readonly project: string;
  readonly mergeRequest: { readonly number: number; readonly branch: string; readonly state: 'open' | 'merged' | 'closed' } | null;
};

/** One word of a POSIX shell. */
function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * What to type to have a request's change in a clone of one's own, with plain git. The token is in neither address nor
 * arguments: git asks this command for it. The empty helper keeps it from every other helper, which might store it.
 */
export async function checkoutCommands({ io, profile }: Pick<Context, 'io' | 'profile'>, { project, mergeRequest }: Shown): Promise<readonly string[]> {
  if (!mergeRequest) return [];
  const gateway = await addressOf('gateway', io);
  const command = word(join(io.cloneDir, 'packages', 'cli', 'bin', 'countersign.mjs'));
  const helper = `!${command} git-credential${profile.name === 'default' ? '' : ` --profile ${profile.name}`}`;
  const clone = `git clone -c credential.helper= -c ${word(`credential.helper=${helper}`)} ${word(`${gateway}/git/${project}.git`)}`;
  const { number, branch, state } = mergeRequest;
  if (state === 'open') return [clone, `git -C ${project} checkout ${word(branch)}`];
  // Its branch is gone; the merge request keeps what was on it.
  return [clone, `git -C ${project} fetch origin refs/merge-requests/${number}/head`, `git -C ${project} checkout --detach FETCH_HEAD`];
}
