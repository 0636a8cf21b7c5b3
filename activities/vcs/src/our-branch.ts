import { AppError } from '@countersign/domain';
import type { RefUpdate } from '@countersign/git';

import { branchOf } from './merge-request-text.js';
import type { VcsCall } from './vcs-call.js';

const TRIES = 3;

function refOf(requestId: string): string {
  return `refs/heads/${branchOf(requestId)}`;
}

/** Beside the branches, so that nobody takes one of them for work of ours. */
function foreignRefs(requestId: string): string {
  return `refs/countersign/foreign/${requestId}/`;
}

/** The commit that the request's branch names; undefined where there is no branch. */
export function branchTip({ bare, requestId }: VcsCall): Promise<string | undefined> {
  return bare.resolve(refOf(requestId));
}

/** Fails a transaction of refs in which the branch is not what was seen. */
export function branchUnmoved({ requestId }: VcsCall, seen: string | undefined): readonly RefUpdate[] {
  return seen === undefined ? [] : [{ ref: refOf(requestId), to: seen, from: seen }];
}

/**
 * Puts the branch back to our head, or makes it again, and answers every commit that somebody else ever put there: a ref
 * keeps each, for people to look at. A second call finds the branch where it belongs and answers the same.
 *
 * @throws AppError CONFLICT where others are quicker each time.
 */
export async function bringBack(call: VcsCall, head: string): Promise<readonly string[]> {
  const { bare, requestId, deps } = call;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const now = await branchTip(call);
    const isOurs = deps.guards.isOurHead(now, head);
    const kept: RefUpdate[] = now === undefined ? [] : [{ ref: `${foreignRefs(requestId)}${now}`, to: now }];
    if (isOurs || (await bare.updateRefs([...kept, { ref: refOf(requestId), to: head, from: now ?? null }]))) {
      return (await bare.refs(foreignRefs(requestId))).map(({ object }) => object);
    }
  }
  throw new AppError('CONFLICT', `${branchOf(requestId)} kept moving while it was put back`);
}

/** Whatever it names; none is success. */
export async function deleteBranch(call: VcsCall): Promise<void> {
  const ref = refOf(call.requestId);
  for (let now = await branchTip(call); now !== undefined; now = await branchTip(call)) {
    await call.bare.updateRefs([{ ref, to: null, from: now }]);
  }
}
