import { isReview, isTerminal, type State } from './states.js';

/**
 * The only table of legal moves. Leaving a finished state is never legal; every unfinished state may
 * also end CANCELLED or FAILED. A way back to work that needs a slot goes through QUEUED.
 */
const MOVES: Readonly<Record<State, readonly State[]>> = {
  RECEIVED: ['SPECIFYING'],
  SPECIFYING: ['SPEC_REVIEW'],
  SPEC_REVIEW: ['PLANNING', 'SPECIFYING', 'REJECTED', 'EXPIRED'],
  PLANNING: ['PLAN_REVIEW'],
  PLAN_REVIEW: ['QUEUED', 'PLANNING', 'REJECTED', 'EXPIRED'],
  QUEUED: ['EXECUTING', 'PLAN_REVIEW'],
  EXECUTING: ['CHECKING', 'QUEUED', 'PLAN_REVIEW'],
  CHECKING: ['DIFF_REVIEW', 'EXECUTING', 'QUEUED'],
  DIFF_REVIEW: ['PUBLISHING', 'QUEUED', 'REJECTED', 'EXPIRED'],
  PUBLISHING: ['REVIEWING', 'DIFF_REVIEW', 'PLAN_REVIEW'],
  REVIEWING: ['MERGE_REVIEW', 'QUEUED'],
  MERGE_REVIEW: ['MERGING', 'QUEUED', 'REJECTED', 'EXPIRED'],
  MERGING: ['DONE', 'MERGE_REVIEW', 'DIFF_REVIEW', 'PLAN_REVIEW', 'QUEUED'],
  DONE: [],
  REJECTED: [],
  CANCELLED: [],
  EXPIRED: [],
  FAILED: [],
};

export function canMove(from: State, to: State): boolean {
  if (isTerminal(from)) return false;
  if (to === 'CANCELLED' || to === 'FAILED') return true;
  return MOVES[from].includes(to);
}

/** Out of a review state everything but an end without approval needs verified votes: only `closeGate` makes it. */
export function needsClosedGate(from: State, to: State): boolean {
  return isReview(from) && !(['CANCELLED', 'EXPIRED', 'FAILED'] as readonly State[]).includes(to);
}

export function legalMovesFrom(from: State): readonly State[] {
  return isTerminal(from) ? [] : [...MOVES[from], 'CANCELLED', 'FAILED'];
}
