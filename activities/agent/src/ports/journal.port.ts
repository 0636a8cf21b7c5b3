import type { BudgetUsage } from '@countersign/domain';

import type { ModelAnswer, ToolResult } from './language-model.port.js';

/** The right to write one run's journal; a newer lease of the same run ends it. */
export type RunLease = { readonly requestId: string; readonly runKey: string; readonly epoch: number };

/** A finished step, plain JSON. Step 0 is the start: it only names the commit the run started from. */
export type StepRecord = {
  readonly step: number;
  readonly toolResults: readonly ToolResult[];
  readonly snapshotCommit: string;
  readonly usage: BudgetUsage;
};

/**
 * What a run has done so far, kept outside the workflow. A run is named by request and run key.
 *
 * Every write names a lease and is refused with LEASE_LOST where a newer one was acquired; the check and
 * the write are one transaction. Writing the same step again keeps what was stored first.
 */
export interface JournalPort {
  /** A lease newer than every earlier one of the run. */
  acquireLease(requestId: string, runKey: string): Promise<RunLease>;
  /** The model's answer for a step, finished or not. */
  answer(requestId: string, runKey: string, step: number): Promise<ModelAnswer | undefined>;
  /** Finished steps in order, without gaps. */
  steps(requestId: string, runKey: string): Promise<readonly StepRecord[]>;
  recordAnswer(lease: RunLease, step: number, answer: ModelAnswer): Promise<void>;
  recordStep(lease: RunLease, record: StepRecord): Promise<void>;
  /** Nothing more will be written; what was written stays readable. */
  close(lease: RunLease): Promise<void>;
}
