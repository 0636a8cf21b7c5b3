import { AppError, type ApprovalLost, type Facts } from '@countersign/domain';
import type { MergeResult, PrepareMergeResult } from '@countersign/workflow-contracts';

import { bringHome } from './bring-home.js';
import { holdMerge } from './held-change.js';
import { mergeMessage } from './merge-request-text.js';
import { oneLine } from './one-line.js';
import { branchTip, branchUnmoved, bringBack, deleteBranch } from './our-branch.js';
import type { MergeRequest } from './ports/code-host.port.js';
import { bringForward, factOf, mergeRequestOf, putFact, type VcsCall } from './vcs-call.js';

const EMAIL = 'noreply@countersign.invalid';

async function tipOf({ bare, targetRef }: VcsCall): Promise<string> {
  const tip = await bare.resolve(targetRef);
  if (tip === undefined) throw new AppError('BRANCH_MISSING', `${targetRef} is gone from the repository`);
  return tip;
}

/** Computes what a merge would make, with the source's newest commits. Moves nothing but our own branch, where somebody else moved it. */
export async function prepareMerge(call: VcsCall, executionId: string): Promise<PrepareMergeResult> {
  const { headCommit: head } = await factOf(call, 'execution', executionId);
  const foreignHeads = await bringBack(call, head);
  await bringForward(call);
  const { bare, targetRef, briefing } = call;
  const targetTip = await tipOf(call);
  const merged = await bare.mergeTree(targetTip, head);
  if (merged.kind === 'conflict') {
    const findings = merged.conflicts.map(({ path, message }) => ({ rule: 'conflict', severity: 'blocking', message: oneLine(message), path, line: null }) as const);
    return { kind: 'conflict', ...(await putFact(call, 'conflict', `${head}:${targetTip}`, { targetTip, findings })) };
  }
  const fastForward = await bare.isAncestor(targetTip, head);
  const key = [head, targetTip, ...foreignHeads].join(':');
  const { factId } = await putFact(call, 'mergePrep', key, {
    targetRef,
    targetTip,
    head,
    mergedTree: merged.tree,
    repository: briefing.project.repo,
    fastForward,
    ...(foreignHeads.length > 0 && { foreignHeads }),
  });
  return { kind: 'prepared', factId, fastForward, targetTip };
}

/** The tree is computed again: the fact's own is only what was shown. */
async function mergedTreeOf({ bare }: VcsCall, { targetTip, head }: Facts['mergePrep']): Promise<string | undefined> {
  const merged = await bare.mergeTree(targetTip, head);
  return merged.kind === 'clean' ? merged.tree : undefined;
}

/** The same vote, tree and parents make the same commit; until a ref names it, it is a loose object and no more. */
async function writeMerge({ bare, briefing }: VcsCall, prep: Facts['mergePrep'], tree: string, { number }: MergeRequest): Promise<string | undefined> {
  const vote = briefing.mergeVote;
  if (!vote) return undefined;
  return bare.commit({
    tree,
    parents: [prep.targetTip, prep.head],
    message: mergeMessage(briefing, number),
    name: `${oneLine(vote.name)} via Countersign`,
    email: EMAIL,
    at: vote.at,
  });
}

async function isMerged({ bare, targetRef }: VcsCall, commit: string | undefined): Promise<boolean> {
  return commit !== undefined && (await bare.resolve(targetRef)) !== undefined && (await bare.isAncestor(commit, targetRef));
}

/** What follows from a merge that happened; each part looks whether it is done. */
async function finish(call: VcsCall, commit: string, tree: string, number: number): Promise<MergeResult> {
  const { deps, bare, briefing, targetRef, requestId } = call;
  await deps.hosts.local.endMergeRequest({ bare: bare.dir }, number, { state: 'merged', commit });
  await deleteBranch(call);
  const { repo, branch } = briefing.project;
  const { factId } = await putFact(call, 'merge', `${requestId}:${commit}`, { commit, tree, targetRef, bringHome: bringHome(repo, bare.dir, branch) });
  return { kind: 'merged', factId, commit };
}

/**
 * Merges what was approved: looks for the merge first, then for a moved target, then asks the lock, then looks for a branch
 * that somebody else moved. The only write that counts is the compare-and-swap of the target, while the branch is where it
 * was seen.
 */
export async function mergeChange(call: VcsCall, mergePrepId: string): Promise<MergeResult | ApprovalLost> {
  const { bare, targetRef } = call;
  const prep = await factOf(call, 'mergePrep', mergePrepId);
  const mergeRequest = await mergeRequestOf(call);
  const mergedTree = await mergedTreeOf(call, prep);
  if (mergedTree === undefined) return { approvalLost: 'merge', code: 'STALE_DIGEST' };

  const commit = await writeMerge(call, prep, mergedTree, mergeRequest);
  if (commit !== undefined && (await isMerged(call, commit))) return finish(call, commit, mergedTree, mergeRequest.number);
  const targetTip = await tipOf(call);
  if (targetTip !== prep.targetTip) return { kind: 'moved' };

  const lost = await holdMerge(call, prep, { targetTip, mergedTree });
  if (lost) return lost;
  if (commit === undefined) return { approvalLost: 'merge', code: 'GATE_NOT_PASSED' };
  const branch = await branchTip(call);
  if (!call.deps.guards.isOurHead(branch, prep.head)) return { approvalLost: 'merge', code: 'HEAD_MOVED' };
  const isWritten = await bare.updateRefs([{ ref: targetRef, to: commit, from: targetTip }, ...branchUnmoved(call, branch)]);
  if (!isWritten && !(await isMerged(call, commit))) {
    return (await tipOf(call)) === targetTip ? { approvalLost: 'merge', code: 'HEAD_MOVED' } : { kind: 'moved' };
  }
  return finish(call, commit, mergedTree, mergeRequest.number);
}
