import type { Ending, Life } from './life.js';
import { openGate } from './gate.stage.js';
import { moveTo, type Stage, type StageDeps } from './stage.js';
import { applyWords } from './words.stage.js';

/** The signal `slotFree` is a hint that may be lost, so the queue is asked on its own every 10 minutes. */
const ASK_QUEUE_MS = 10 * 60_000;

export const queueStage: Stage = async (deps, life) => {
  for (;;) {
    const { granted, place } = await deps.records.acquireSlot({ requestId: life.requestId });
    if (granted) {
      life.state = 'EXECUTING';
      return undefined;
    }
    deps.show(`a free execution slot (place ${place} in the queue)`);
    life.slotHint = false;
    await deps.waitUntil(() => life.slotHint || life.words.length > 0 || life.cancelled, ASK_QUEUE_MS);
    await applyWords(deps, life);
    if (life.cancelled || life.paused) return undefined;
  }
};

async function pauseFor(deps: StageDeps, life: Life, exceeded: 'tokens' | 'costMicros' | 'wallClockMs' | 'attempts'): Promise<undefined> {
  await deps.records.pauseForBudget({ requestId: life.requestId, exceeded });
  life.paused = 'budget';
  return undefined;
}

/** A first attempt that fails ends the request; a fix that fails leaves the earlier result to a person. */
async function settleFailure(deps: StageDeps, life: Life, code: string, factId: string): Promise<Ending | undefined> {
  life.facts['cannot'] = factId;
  if (life.facts['conflict']) return { state: 'FAILED', reason: 'MERGE_CONFLICT' };
  if (!life.facts['execution']) return { state: 'FAILED', reason: code };
  life.fixes = life.settings?.maxFixAttempts ?? life.fixes;
  await moveTo(deps, life, ['CHECKING']);
  return undefined;
}

export const executeStage: Stage = async (deps, life) => {
  const attempt = Math.max(1, life.attempt);
  if (attempt > 1) {
    await deps.rollOver();
    const { allowed } = await deps.records.beginAttempt({ requestId: life.requestId, attempt });
    if (!allowed) return pauseFor(deps, life, 'attempts');
  }
  life.attempt = attempt;
  const result = await deps.interruptible(() => deps.agent.execute({ requestId: life.requestId, attempt, feedback: life.feedback }));
  if (!result) return undefined;
  if ('approvalLost' in result) {
    await openGate(deps, life, result.approvalLost, { code: result.code });
    return undefined;
  }
  switch (result.kind) {
    case 'done':
      life.facts['execution'] = result.factId;
      life.facts['checks'] = life.facts['measure'] = life.facts['modelReview'] = undefined;
      life.feedback = [];
      await moveTo(deps, life, ['CHECKING']);
      return undefined;
    case 'budget':
      return pauseFor(deps, life, result.exceeded);
    case 'cannot':
    case 'failed':
      return settleFailure(deps, life, result.code, result.factId);
  }
};

/** Sends the work back with the facts that say why, while fixes are left; answers whether it did. */
export function mayFix(life: Life): boolean {
  return life.fixes < (life.settings?.maxFixAttempts ?? 0);
}

export function beginFix(life: Life, feedback: readonly string[]): void {
  life.fixes += 1;
  life.attempt += 1;
  life.feedback = [...feedback];
}

export const checkStage: Stage = async (deps, life) => {
  const { requestId } = life;
  const executionId = life.facts['execution'] ?? '';
  const measured = await deps.interruptible(() =>
    Promise.all([
      deps.sandbox.check({ requestId, executionId }),
      deps.policy.measure({ requestId, executionId }),
      life.settings?.modelReview === true ? deps.agent.review({ requestId, executionId }) : undefined,
    ]),
  );
  if (!measured) return undefined;
  const [check, measure, review] = measured;
  life.facts['checks'] = check.factId;
  life.facts['measure'] = measure.factId;
  if (review) life.facts['modelReview'] = review.factId;
  const isBroken = (check.verdict === 'failed' && check.fixable) || measure.blocking;
  if (isBroken && mayFix(life)) {
    beginFix(life, [check.factId, measure.factId]);
    await moveTo(deps, life, ['EXECUTING']);
    return undefined;
  }
  await openGate(deps, life, 'diff');
  return undefined;
};
