import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { GATES, GATE_CHANGES_STATE, GATE_NEXT_STATE, GATE_REVIEW_STATE } from './gates.js';
import { canMove, legalMovesFrom, needsClosedGate } from './moves.js';
import { STATES, TERMINAL_STATES, holdsSlot, isReview, isTerminal, type State } from './states.js';

const HAPPY: readonly State[] = [
  'RECEIVED', 'SPECIFYING', 'SPEC_REVIEW', 'PLANNING', 'PLAN_REVIEW', 'QUEUED', 'EXECUTING', 'CHECKING', 'DIFF_REVIEW',
  'PUBLISHING', 'REVIEWING', 'MERGE_REVIEW', 'MERGING', 'DONE',
];
const states = fc.constantFrom(...STATES);

describe('legal moves', () => {
  it('lead from RECEIVED to DONE along the happy path', () => {
    for (let i = 1; i < HAPPY.length; i += 1) expect(canMove(HAPPY[i - 1] as State, HAPPY[i] as State)).toBe(true);
  });

  it('never leave an end, whatever is asked in whatever order', () => {
    fc.assert(
      fc.property(fc.array(states, { maxLength: 60 }), (asked) => {
        let state: State = 'RECEIVED';
        let ended: State | undefined;
        for (const next of asked) {
          if (canMove(state, next)) state = next;
          if (ended) expect(state).toBe(ended);
          if (isTerminal(state)) ended = state;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reach a merge only through an approved plan, a checked diff and an approved merge', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 200 }), (choices) => {
        const trail: State[] = ['RECEIVED'];
        for (const choice of choices) {
          const moves = legalMovesFrom(trail.at(-1) as State);
          const next = moves[choice % Math.max(1, moves.length)];
          if (next) trail.push(next);
        }
        if (!trail.includes('MERGING')) return;
        const merging = trail.indexOf('MERGING');
        const needed: readonly State[] = ['PLAN_REVIEW', 'QUEUED', 'EXECUTING', 'CHECKING', 'DIFF_REVIEW', 'PUBLISHING', 'MERGE_REVIEW'];
        for (const state of needed) expect(trail.slice(0, merging)).toContain(state);
      }),
      { numRuns: 2000 },
    );
  });

  it('let every unfinished request be cancelled', () => {
    for (const state of STATES) expect(canMove(state, 'CANCELLED')).toBe(!isTerminal(state));
  });

  it('need a closed gate out of every review state, but for an end without approval', () => {
    for (const from of STATES) {
      for (const to of legalMovesFrom(from)) {
        expect(needsClosedGate(from, to)).toBe(isReview(from) && !['CANCELLED', 'EXPIRED', 'FAILED'].includes(to));
      }
    }
  });

  it('agree with the gates', () => {
    for (const gate of GATES) {
      expect(canMove(GATE_REVIEW_STATE[gate], GATE_NEXT_STATE[gate])).toBe(true);
      expect(canMove(GATE_REVIEW_STATE[gate], GATE_CHANGES_STATE[gate])).toBe(true);
    }
  });

  it('enter work that holds a slot only from QUEUED or from other such work', () => {
    const entering = STATES.filter((from) => legalMovesFrom(from).some(holdsSlot));
    for (const from of entering) expect(from === 'QUEUED' || holdsSlot(from)).toBe(true);
  });

  it('know four ends besides DONE', () => {
    expect(TERMINAL_STATES.map((state) => legalMovesFrom(state).length)).toEqual([0, 0, 0, 0, 0]);
  });
});
