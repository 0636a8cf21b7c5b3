import type { BudgetUsage } from '@countersign/domain';

import type { ModelAnswer, ToolResult } from './language-model.port.js';

/** The right to write one run's journal; a newer lease of the same run ends it. */
export type RunLease = { readonly requestId: string; readonly runKey: string; readonly epoch: number };

/** Which call made an answer. */
export type ModelCall = {
  /** The model's id. */
  readonly model: string;
  /** SHA-256 of the instructions that it was given. */
  readonly promptDigest: string;
  /** RFC 3339 UTC. */
  readonly at: string;
};

/**
 * A model's answer with the call that made it; answers stored before calls were noted have none. One with
 * `keptMessages` is a summary: it takes the place of every message of the run but that many of the last.
 */
export type JournalAnswer = ModelAnswer & {
  readonly call?: ModelCall;
  readonly keptMessages?: number;
  /** Stands for an answer that broke off or could not be read: how. */
  readonly unreadable?: string;
};

/** A finished step, plain JSON. Step 0 is the start: it only names the commit the run started from. */
export type StepRecord = {
  readonly step: number;
  readonly toolResults: readonly ToolResult[];
  readonly snapshotCommit: string;
  readonly usage: BudgetUsage;
  /** What the model was told of an answer that could not be used. */
  readonly repair?: string;
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
  answer(requestId: string, runKey: string, step: number): Promise<JournalAnswer | undefined>;
  /** Finished steps in order, without gaps. */
  steps(requestId: string, runKey: string): Promise<readonly StepRecord[]>;
  recordAnswer(lease: RunLease, step: number, answer: JournalAnswer): Promise<void>;
  recordStep(lease: RunLease, record: StepRecord): Promise<void>;
  /** Keeps the whole text of an answer that was cut; the same id again replaces it. */
  keepOutput(lease: RunLease, id: string, text: string): Promise<void>;
  output(requestId: string, runKey: string, id: string): Promise<string | undefined>;
  /** Nothing more will be written; what was written stays readable. */
  close(lease: RunLease): Promise<void>;
}
