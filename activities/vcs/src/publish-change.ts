import { AppError, type ApprovalLost } from '@countersign/domain';

import { holdChange } from './held-change.js';
import { branchOf, mergeRequestBody, mergeRequestTitle } from './merge-request-text.js';
import { putFact, type VcsCall } from './vcs-call.js';

const TRIES = 3;

/** Finds the branch at the head, or moves it there from whatever earlier attempt of ours it names. */
export async function pushChange(call: VcsCall, executionId: string): Promise<{ readonly factId: string } | ApprovalLost> {
  const { execution, workspace, lost } = await holdChange(call, 'vcs.push', executionId);
  if (lost) return lost;
  const branch = branchOf(call.requestId);
  const ref = `refs/heads/${branch}`;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const now = (await call.bare.resolve(ref)) ?? null;
    if (now === execution.headCommit || (await workspace.publish(execution.headCommit, ref, now))) {
      return putFact(call, 'publication', execution.headCommit, { branch, headCommit: execution.headCommit });
    }
  }
  throw new AppError('CONFLICT', `${branch} kept moving while it was pushed`);
}

/** Finds the request's merge request and brings it up to date, or opens one. */
export async function openMergeRequest(call: VcsCall, executionId: string): Promise<{ readonly factId: string; readonly number: number } | ApprovalLost> {
  const { execution, lost } = await holdChange(call, 'vcs.openMergeRequest', executionId);
  if (lost) return lost;
  const { briefing, requestId, deps } = call;
  const source = branchOf(requestId);
  const target = briefing.project.branch;
  const { number, url } = await deps.hosts.local.openMergeRequest(
    { bare: call.bare.dir },
    { requestId, title: mergeRequestTitle(briefing), body: mergeRequestBody(briefing, deps.requestUrl(requestId)), source, target, head: execution.headCommit },
  );
  const { factId } = await putFact(call, 'mergeRequest', String(number), { number, branch: source, target, url });
  return { factId, number };
}
