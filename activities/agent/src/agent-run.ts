import { AppError, ERRORS } from '@countersign/domain';
import type { Briefing, RunRef } from '@countersign/workflow-contracts';

import type { AgentDeps } from './agent-deps.js';
import { MODEL_OUTAGES } from './model-errors.js';

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

const MAX_NOTE_CHARS = 1000;

function isOutage({ code }: AppError): boolean {
  return ERRORS[code].retry && (code === 'SANDBOX_UNAVAILABLE' || code === 'IMAGE_MISSING' || code === 'EGRESS_UNAVAILABLE' || MODEL_OUTAGES.has(code));
}

/** An engine or a model that is away is waited for, never worked around: people see what for, until the work has succeeded. */
export async function notingOutage<T>(deps: AgentDeps, requestId: string, ref: RunRef, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    await deps.records.noteWaiting(requestId, ref, null);
    return result;
  } catch (error) {
    if (error instanceof AppError && isOutage(error)) await deps.records.noteWaiting(requestId, ref, error.message.slice(0, MAX_NOTE_CHARS));
    throw error;
  }
}
