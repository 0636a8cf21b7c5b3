import type { ApprovalLost } from '@countersign/domain';

type ForRequest = { readonly requestId: string };

export type PrepareMergeResult =
  | { readonly kind: 'prepared'; readonly factId: string; readonly fastForward: boolean; readonly targetTip: string }
  | { readonly kind: 'conflict'; readonly factId: string };

export type ReviewResult = {
  readonly factId: string;
  readonly blocking: boolean;
  readonly prepared?: PrepareMergeResult;
};

export type MergeResult =
  | { readonly kind: 'merged'; readonly factId: string; readonly commit: string }
  /** The target moved since the approved tip: nothing was written. */
  | { readonly kind: 'moved' };

/** Each looks for its own earlier effect first, so each may be retried. */
export interface VcsActivities {
  /** Fetches the source, fast-forward only, and pins the base commit for planning. */
  syncBase(input: ForRequest): Promise<{ readonly factId: string; readonly baseCommit: string }>;
  push(input: ForRequest & { readonly executionId: string }): Promise<{ readonly factId: string } | ApprovalLost>;
  openMergeRequest(input: ForRequest & { readonly executionId: string }): Promise<{ readonly factId: string; readonly number: number } | ApprovalLost>;
  /**
   * Posts one review of the measured facts and a model's findings by the configured reviewer identity. With `prepare`, what
   * does not block is prepared for merging by the same call.
   */
  review(input: ForRequest & { readonly executionId: string; readonly prepare?: boolean }): Promise<ReviewResult>;
  prepareMerge(input: ForRequest & { readonly executionId: string }): Promise<PrepareMergeResult>;
  merge(input: ForRequest & { readonly mergePrepId: string }): Promise<MergeResult | ApprovalLost>;
  /** Undo: closes the merge request unless merged; none is success. */
  closeMergeRequest(input: ForRequest): Promise<void>;
  /** Undo: deletes `countersign/<requestId>`; none is success. */
  deleteBranch(input: ForRequest): Promise<void>;
}
