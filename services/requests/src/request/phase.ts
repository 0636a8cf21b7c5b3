import { isReview, isTerminal, type State } from '@countersign/domain';

import type { Paused, Phase } from './request.entity.js';

/** The box a request lies in before anyone asks who is looking. */
export function phaseOf(state: State, paused: Paused | null): Phase {
  if (isTerminal(state)) return 'done';
  if (paused) return 'paused';
  return isReview(state) ? 'review' : 'running';
}
