/** Every state of a request's lifecycle, in the order of the happy path; the last four end it. */
export const STATES = [
  'RECEIVED',
  'SPECIFYING',
  'SPEC_REVIEW',
  'PLANNING',
  'PLAN_REVIEW',
  'QUEUED',
  'EXECUTING',
  'CHECKING',
  'DIFF_REVIEW',
  'PUBLISHING',
  'REVIEWING',
  'MERGE_REVIEW',
  'MERGING',
  'DONE',
  'REJECTED',
  'CANCELLED',
  'EXPIRED',
  'FAILED',
] as const;
export type State = (typeof STATES)[number];

export const TERMINAL_STATES = ['DONE', 'REJECTED', 'CANCELLED', 'EXPIRED', 'FAILED'] as const;
export type TerminalState = (typeof TERMINAL_STATES)[number];

export const REVIEW_STATES = ['SPEC_REVIEW', 'PLAN_REVIEW', 'DIFF_REVIEW', 'MERGE_REVIEW'] as const;
export type ReviewState = (typeof REVIEW_STATES)[number];

export function isTerminal(state: State): state is TerminalState {
  return (TERMINAL_STATES as readonly State[]).includes(state);
}

export function isReview(state: State): state is ReviewState {
  return (REVIEW_STATES as readonly State[]).includes(state);
}

/** States in which a request holds one of the installation's execution slots. */
export function holdsSlot(state: State): boolean {
  return state === 'EXECUTING' || state === 'CHECKING';
}
