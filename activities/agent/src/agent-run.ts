import { AppError, ERRORS } from '@countersign/domain';
import type { Briefing, RunRef } from '@countersign/workflow-contracts';

import type { AgentDeps } from './agent-deps.js';

/** One call of an activity: what every part of it needs. */
export type AgentRun = {
  readonly requestId: string;
  readonly ref: RunRef;
  readonly signal: AbortSignal;
  readonly briefing: Briefing;
  /** Names the run in the journal and in keys. */
  readonly runKey: string;
};

/**
 * Beats while the work goes on. A single tool call may take longer than the heartbeat timeout, and
 * cancellation reaches an activity only in answer to a beat.
 */
export async function whileBeating<T>(deps: AgentDeps, work: (setStep: (step: number) => void) => Promise<T>): Promise<T> {
  let step = 0;
  const beat = (): void => deps.heartbeat({ step });
  const timer = setInterval(beat, deps.limits.heartbeatMs);
  timer.unref();
  try {
    return await work((next) => {
      step = next;
      beat();
    });
  } finally {
    clearInterval(timer);
  }
}

/** An engine that is away is waited for, never worked around: people see what for. */
export async function notingOutage<T>(deps: AgentDeps, requestId: string, ref: RunRef, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isOutage = error instanceof AppError && (error.code === 'SANDBOX_UNAVAILABLE' || error.code === 'IMAGE_MISSING');
    if (isOutage && ERRORS[error.code].retry) await deps.records.noteWaiting(requestId, ref, error.message);
    throw error;
  }
}
