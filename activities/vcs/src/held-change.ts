import { AppError, type ApprovalLost, diffSubject, type Effect, type Evidence, type Facts, mergeSubject, type PlanSubject } from '@countersign/domain';
import { digestOf, sha256Hex } from '@countersign/domain/digest';
import type { RequestWorkspace } from '@countersign/git';

import { factOf, newestFact, workspaceOf, type VcsCall } from './vcs-call.js';

/** The log takes an entry in within a second, mostly within 50 ms of its commit. */
const LOG_WAIT_MS = 100;

export type HeldChange = {
  readonly execution: Facts['execution'];
  readonly workspace: RequestWorkspace;
  /** Why the approval does not hold for what is at hand; undefined where it does. */
  readonly lost: ApprovalLost | undefined;
};

/** Digest of what was measured, by the formula that requests uses; `null` stands for what is missing and fits no approval. */
function checksDigest(checks: Facts['checks'] | undefined, measure: Facts['measure'] | undefined): string {
  return digestOf({ checks: checks ?? null, measure: measure ?? null });
}

/** Of the plan document whose digest was signed when its gate passed; undefined where the text at hand is another one. */
function signedBase({ briefing }: VcsCall, { gates }: Evidence): string | undefined {
  const signed = gates.find(({ gate }) => gate === 'plan')?.passed?.digest;
  const plan = briefing.subjects.findLast(({ gate }) => gate === 'plan');
  if (!plan || sha256Hex(plan.text) !== signed) return undefined;
  return (JSON.parse(plan.text) as PlanSubject).baseCommit;
}

/**
 * Holds a result against its approval: tree and ancestry are asked of git, the base of the signed plan, the checks of the
 * facts for that very commit, and of them the subject is built anew.
 */
export async function holdChange(call: VcsCall, effect: 'vcs.push' | 'vcs.openMergeRequest', executionId: string): Promise<HeldChange> {
  const execution = await factOf(call, 'execution', executionId);
  const { baseCommit, headCommit } = execution;
  const workspace = await workspaceOf(call);
  const tree = await workspace.treeOf(headCommit);
  const evidence = await call.deps.evidence.read(call.requestId, call.run);
  const checks = await newestFact(call, 'checks', headCommit);
  const measure = await newestFact(call, 'measure', headCommit);
  const subject = diffSubject(call.requestId, { baseCommit, headCommit, tree, checksDigest: checksDigest(checks, measure) });
  const lost = judged(call, effect, evidence, digestOf(subject));
  if (lost) return { execution, workspace, lost };

  const planBase = signedBase(call, evidence);
  if (planBase === undefined) return { execution, workspace, lost: { approvalLost: 'plan', code: 'STALE_DIGEST' } };
  const descends = await workspace.isAncestor(planBase, headCommit);
  const isHeld = call.deps.guards.isFromPlan(execution, { planBase, tree, descends });
  return { execution, workspace, lost: isHeld ? undefined : { approvalLost: 'diff', code: 'STALE_DIGEST' } };
}

/** @throws AppError LOG_PENDING, LOG_BROKEN: tried again until the log holds what was decided. */
function judged({ deps }: VcsCall, effect: Effect, evidence: Evidence, digest: string): ApprovalLost | undefined {
  const lost = deps.guards.checkEffect(effect, evidence, { digest });
  const block = lost ? undefined : deps.guards.logBlock(effect, evidence);
  if (block === 'LOG_BROKEN') throw new AppError(block, `The transparency log is broken (${evidence.logFault}): an admin has to run countersign log recover`);
  if (block) throw new AppError(block, 'The approvals are not in the transparency log yet', { retryAfterMs: LOG_WAIT_MS });
  return lost;
}

/** Holds a prepared merge against its approval; `targetTip` and `mergedTree` are what git says now. */
export async function holdMerge(call: VcsCall, prep: Facts['mergePrep'], held: { readonly targetTip: string; readonly mergedTree: string }): Promise<ApprovalLost | undefined> {
  // What would be merged was checked as the head itself, or as the merged tree.
  const checks = await newestFact(call, 'checks', prep.fastForward ? prep.head : prep.mergedTree);
  const measure = await newestFact(call, 'measure', prep.head);
  const subject = mergeSubject(call.requestId, {
    ...held,
    repository: call.briefing.project.repo,
    targetRef: call.targetRef,
    head: prep.head,
    checksDigest: checksDigest(checks, measure),
  });
  const evidence = await call.deps.evidence.read(call.requestId, call.run);
  return judged(call, 'vcs.merge', evidence, digestOf(subject));
}
