import { AppError } from '@countersign/domain';
import type { RunRef } from '@countersign/workflow-contracts';

import type { SandboxDeps } from './check-deps.js';

const WAITS: Readonly<Partial<Record<string, string>>> = {
  SANDBOX_UNAVAILABLE: 'Waiting for a container engine',
  IMAGE_MISSING: 'Waiting for a container image',
  EGRESS_UNAVAILABLE: 'Waiting for the way out to the network',
};

/** An engine that is away is waited for, never worked around: people see for what, and what to type. */
export async function notingOutage<T>(deps: SandboxDeps, requestId: string, run: RunRef, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const waits = error instanceof AppError ? WAITS[error.code] : undefined;
    // The outage is what counts; a note that cannot be stored is tried again with the next attempt.
    if (waits !== undefined) await deps.records.noteWaiting(requestId, run, `${waits}: ${(error as AppError).message}`).catch(() => undefined);
    throw error;
  }
}
