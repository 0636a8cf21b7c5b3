import type { PrepareMergeResult } from '@countersign/workflow-contracts';

import { openGate } from './gate.stage.js';
import { beginFix, mayFix } from './execution.stage.js';
import type { Ending, Life } from './life.js';
import { moveTo, type Stage, type StageDeps } from './stage.js';

async function sendBack(deps: StageDeps, life: Life, factId: string): Promise<undefined> {
  beginFix(life, [factId]);
  await moveTo(deps, life, life.state === 'PUBLISHING' ? ['REVIEWING', 'QUEUED'] : ['QUEUED']);
  return undefined;
}

/** Prepares the merged tree and opens the merge gate. */
export async function prepareAndOpen(deps: StageDeps, life: Life, reopened?: Parameters<typeof openGate>[3]): Promise<Ending | undefined> {
  const { requestId } = life;
  const executionId = life.facts['execution'] ?? '';
  const prepared = await deps.interruptible(() => deps.vcs.prepareMerge({ requestId, executionId }));
  return prepared && openPrepared(deps, life, prepared, reopened);
}

/** Opens the merge gate for what was prepared; a conflict goes back to the executor as a finding. */
async function openPrepared(deps: StageDeps, life: Life, prepared: PrepareMergeResult, reopened?: Parameters<typeof openGate>[3]): Promise<Ending | undefined> {
  const { requestId } = life;
  const executionId = life.facts['execution'] ?? '';
  if (prepared.kind === 'conflict') {
    life.facts['conflict'] = prepared.factId;
    return mayFix(life) ? sendBack(deps, life, prepared.factId) : { state: 'FAILED', reason: 'MERGE_CONFLICT' };
  }
  life.facts['conflict'] = undefined;
  life.facts['mergePrep'] = prepared.factId;
  if (!prepared.fastForward) {
    const check = await deps.interruptible(() => deps.sandbox.check({ requestId, executionId, mergePrepId: prepared.factId }));
    if (!check) return undefined;
    life.facts['mergedChecks'] = check.factId;
  } else {
    life.facts['mergedChecks'] = undefined;
  }
  await openGate(deps, life, 'merge', reopened);
  return undefined;
}

/**
 * Reviews within PUBLISHING: the moves to REVIEWING and MERGE_REVIEW are recorded together when the merge gate
 * opens, which keeps the happy path inside its history budget.
 */
async function review(deps: StageDeps, life: Life): Promise<Ending | undefined> {
  const { requestId } = life;
  const executionId = life.facts['execution'] ?? '';
  // Where a model reviews, one activity more is in the history; this one less keeps it inside its budget.
  const prepare = life.settings?.modelReview === true;
  const posted = await deps.interruptible(() => deps.vcs.review({ requestId, executionId, ...(prepare && { prepare }) }));
  if (!posted) return undefined;
  life.facts['review'] = posted.factId;
  if (posted.blocking && mayFix(life)) return sendBack(deps, life, posted.factId);
  return posted.prepared ? openPrepared(deps, life, posted.prepared) : prepareAndOpen(deps, life);
}

export const publishStage: Stage = async (deps, life) => {
  const { requestId } = life;
  const executionId = life.facts['execution'] ?? '';
  const pushed = await deps.interruptible(() => deps.vcs.push({ requestId, executionId }));
  if (!pushed) return undefined;
  if ('approvalLost' in pushed) {
    await openGate(deps, life, pushed.approvalLost, { code: pushed.code });
    return undefined;
  }
  life.facts['publication'] = pushed.factId;
  const opened = await deps.interruptible(() => deps.vcs.openMergeRequest({ requestId, executionId }));
  if (!opened) return undefined;
  if ('approvalLost' in opened) {
    await openGate(deps, life, opened.approvalLost, { code: opened.code });
    return undefined;
  }
  life.facts['mergeRequest'] = opened.factId;
  return review(deps, life);
};

export const mergeStage: Stage = async (deps, life) => {
  const { requestId } = life;
  const mergePrepId = life.facts['mergePrep'] ?? '';
  const merged = await deps.interruptible(() => deps.vcs.merge({ requestId, mergePrepId }));
  if (!merged) return undefined;
  if ('approvalLost' in merged) {
    if (merged.approvalLost === 'merge') return prepareAndOpen(deps, life, { code: merged.code });
    await openGate(deps, life, merged.approvalLost, { code: merged.code });
    return undefined;
  }
  if (merged.kind === 'moved') return prepareAndOpen(deps, life, { code: 'TARGET_MOVED' });
  life.facts['merge'] = merged.factId;
  return { state: 'DONE' };
};
