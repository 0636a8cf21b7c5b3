import type { ApprovalLost, BudgetKind } from '@countersign/domain';

export type WrittenResult =
  | { readonly kind: 'written'; readonly factId: string }
  /** The model says what it cannot do; `factId` names a `cannot` fact. */
  | { readonly kind: 'cannot'; readonly code: string; readonly factId: string }
  | { readonly kind: 'budget'; readonly exceeded: BudgetKind };

export type ExecuteResult =
  | { readonly kind: 'done'; readonly factId: string }
  | { readonly kind: 'budget'; readonly exceeded: BudgetKind }
  | { readonly kind: 'cannot'; readonly code: string; readonly factId: string }
  | { readonly kind: 'failed'; readonly code: string; readonly factId: string };

export interface AgentActivities {
  /** A second call with the same facts and feedback answers the same fact. */
  writeSpec(input: { readonly requestId: string; readonly feedback: readonly string[] }): Promise<WrittenResult>;
  writePlan(input: { readonly requestId: string; readonly specId: string; readonly baseId: string; readonly feedback: readonly string[] }): Promise<WrittenResult>;
  /**
   * Executes the approved plan in the sandbox, journalled: a second call goes on after the last finished
   * step. Checks the lock at the start of each attempt. Cancellation stops the sandbox and keeps the journal.
   */
  execute(input: { readonly requestId: string; readonly attempt: number; readonly feedback: readonly string[] }): Promise<ExecuteResult | ApprovalLost>;
  /** Lets a model read the result in several passes. Same head commit, same fact; a pass that fails is part of it. */
  review(input: { readonly requestId: string; readonly executionId: string }): Promise<{ readonly factId: string }>;
  /** Answers a comment in the thread, and decides nothing. A comment that has its answer is left alone. */
  answer(input: { readonly requestId: string; readonly wordId: string }): Promise<void>;
}
