import { isTerminal, type State } from '@countersign/domain';
import {
  ACTIVITY_POLICIES,
  fromNamespace,
  QUEUES,
  type AgentActivities,
  type PolicyActivities,
  type RecordsActivities,
  type RequestLifecycleInput,
  type RequestLifecycleResult,
  type SandboxActivities,
  type VcsActivities,
} from '@countersign/workflow-contracts';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';

import { Chat, type Detach } from './chat.stage.js';
import { endStage } from './ending.stage.js';
import { checkStage, executeStage, queueStage } from './execution.stage.js';
import { codeOf, isSuperseded, textOf } from './failure.js';
import { gateStage } from './gate.stage.js';
import { listen, UPDATE_GUARDS, type UpdateGuards } from './handlers.js';
import { carryOf, isInterrupted, lifeOf, recallInto, type Ending, type Life } from './life.js';
import { mergeStage, publishStage } from './publishing.stage.js';
import { sharedTimer } from './shared-timer.js';
import type { Stage, StageDeps } from './stage.js';
import { shower } from './visibility.js';
import { applyWords, waitForResume } from './words.stage.js';
import { planStage, specStage } from './writing.stage.js';

const { quick, idempotentWrite, resumable, undo } = ACTIVITY_POLICIES;
const records = fromNamespace<RecordsActivities>('records', proxyActivities({ ...quick, taskQueue: QUEUES.requests }));
const writing = fromNamespace<AgentActivities>('agent', proxyActivities({ ...resumable, taskQueue: QUEUES.agent }));
const sandbox = fromNamespace<SandboxActivities>('sandbox', proxyActivities({ ...resumable, taskQueue: QUEUES.sandbox }));
const policy = fromNamespace<PolicyActivities>('policy', proxyActivities({ ...idempotentWrite, taskQueue: QUEUES.policy }));
const vcs = fromNamespace<VcsActivities>('vcs', proxyActivities({ ...idempotentWrite, taskQueue: QUEUES.vcs }));
const undoSandbox = fromNamespace<SandboxActivities>('sandbox', proxyActivities({ ...undo, taskQueue: QUEUES.sandbox }));
const undoVcs = fromNamespace<VcsActivities>('vcs', proxyActivities({ ...undo, taskQueue: QUEUES.vcs }));

const STAGES: Readonly<Partial<Record<State, Stage>>> = {
  SPECIFYING: specStage,
  SPEC_REVIEW: gateStage,
  PLANNING: planStage,
  PLAN_REVIEW: gateStage,
  QUEUED: queueStage,
  EXECUTING: executeStage,
  CHECKING: checkStage,
  DIFF_REVIEW: gateStage,
  PUBLISHING: publishStage,
  REVIEWING: publishStage,
  MERGE_REVIEW: gateStage,
  MERGING: mergeStage,
};

/** Cuts work at a pause or a cancel. Work that ends in spite of it counts: a merge that happened has happened. */
function interruptibleIn(life: Life): StageDeps['interruptible'] {
  return async <T>(work: () => Promise<T>) => {
    const scope = new CancellationScope();
    let settled = false;
    const running = scope.run(work).finally(() => {
      settled = true;
    });
    running.catch(() => undefined);
    for (;;) {
      await condition(() => settled || life.words.length > 0 || life.cancelled);
      if (settled) return running;
      await applyWords({ records }, life);
      if (!isInterrupted(life)) continue;
      scope.cancel();
      try {
        return await running;
      } catch (error) {
        if (isCancellation(error)) return undefined;
        throw error;
      }
    }
  };
}

/** Runs beside everything else; a failure is answered, not thrown, so that nothing is left unhandled. */
const detach: Detach = (work) => {
  const scope = new CancellationScope();
  const done = scope.run(work).then(
    () => undefined,
    (error: unknown) => (isCancellation(error) ? undefined : error),
  );
  return { cut: () => scope.cancel(), done };
};

async function rollOverIfLong(life: Life, chat: Chat): Promise<void> {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  const limit = life.settings?.continueAsNewAfterEvents ?? Number.POSITIVE_INFINITY;
  if (!continueAsNewSuggested && historyLength < limit) return;
  // An answer that went on would act for a run that no longer owns the request; the next run asks again.
  await chat.halt();
  await condition(allHandlersFinished);
  await continueAsNew<typeof requestLifecycle>({ request: life.requestId, carry: carryOf(life) });
}

async function live(deps: StageDeps, life: Life): Promise<Ending> {
  for (;;) {
    if (life.cancelled) return { state: 'CANCELLED' };
    if (isTerminal(life.state)) return { state: life.state };
    if (life.paused) {
      await waitForResume(deps, life);
      continue;
    }
    if (life.words.length > 0) {
      await applyWords(deps, life);
      continue;
    }
    deps.show();
    const stage = STAGES[life.state];
    const ending = await stage?.(deps, life);
    if (ending) return ending;
  }
}

async function begin(deps: StageDeps, life: Life): Promise<void> {
  const { state, settings } = await deps.records.begin({ requestId: life.requestId });
  life.settings = settings;
  if (life.state === 'RECEIVED') life.state = state;
}

/** A superseded run makes no further call and no compensation until somebody repairs the request. */
async function waitForRepair(deps: StageDeps, life: Life): Promise<void> {
  do {
    deps.show(`\`countersign repair ${life.requestId}\`: another run owns this request, so this one does nothing`);
    await condition(() => life.repaired);
    life.repaired = false;
    try {
      await begin(deps, life);
      recallInto(life, await deps.records.recall({ requestId: life.requestId }));
      return;
    } catch (error) {
      if (!isSuperseded(error)) throw error;
    }
  } while (true);
}

async function untilEnded(deps: StageDeps, life: Life): Promise<Ending> {
  let ending: Ending | undefined;
  let hasBegun = false;
  for (;;) {
    try {
      if (!hasBegun) await begin(deps, life);
      hasBegun = true;
      ending ??= await live(deps, life);
      await endStage(deps, life, ending);
      return ending;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'RUN_SUPERSEDED') {
        await waitForRepair(deps, life);
        hasBegun = true;
        ending = undefined;
      } else if (code !== undefined && ending === undefined) {
        // An activity said that trying again cannot help; its text is already capped and free of secrets.
        ending = { state: 'FAILED', reason: `${code}: ${textOf(error)}` };
      } else {
        throw error;
      }
    }
  }
}

/** The one lifecycle of a change request, id `request-<id>`. */
export async function requestLifecycle(input: RequestLifecycleInput): Promise<RequestLifecycleResult> {
  return lifecycle(input, UPDATE_GUARDS);
}

/** The bundle exports it under no name, so that nobody can start one that lets other updates in. */
export async function lifecycle(input: RequestLifecycleInput, guards: UpdateGuards): Promise<RequestLifecycleResult> {
  const life = lifeOf(input);
  listen(life, guards);
  // Temporal's own Cancel is an operator's cancel: everything below runs on, to compensate.
  CancellationScope.current().cancelRequested.catch(() => {
    life.cancelled = true;
  });
  const chat = new Chat({ agent: writing, detach }, life);
  const deps: StageDeps = {
    records,
    chat,
    agent: writing,
    sandbox,
    policy,
    vcs,
    undo: { destroy: undoSandbox.destroy, closeMergeRequest: undoVcs.closeMergeRequest, deleteBranch: undoVcs.deleteBranch },
    now: () => Date.now(),
    waitUntil: sharedTimer(() => Date.now(), sleep, condition),
    sleep,
    interruptible: interruptibleIn(life),
    rollOver: () => rollOverIfLong(life, chat),
    show: shower(life),
  };
  return CancellationScope.nonCancellable(async () => {
    const { state } = await untilEnded(deps, life);
    await condition(allHandlersFinished);
    return { state };
  });
}
