import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { couldClose, refusalOf } from './decisions.js';
import { isWord } from './words.js';
import { aVote } from './testing/builders.js';

const open = { gate: 'plan', revision: 1, digest: 'a'.repeat(64) } as const;

describe('refusalOf', () => {
  it('accepts a vote about exactly what is open', () => {
    expect(refusalOf(aVote(), open)).toBeUndefined();
  });

  it.each([
    ['GATE_CLOSED', aVote(), undefined],
    ['GATE_CLOSED', aVote({ gate: 'merge' }), open],
    ['STALE_REVISION', aVote({ revision: 2 }), open],
    ['STALE_DIGEST', aVote({ digest: 'b'.repeat(64) }), open],
    ['UPDATE_MALFORMED', aVote({ digest: 'A'.repeat(64) }), open],
    ['UPDATE_MALFORMED', aVote({ envelope: 'x'.repeat(65_537) }), open],
  ])('answers %s', (code, vote, gate) => {
    expect(refusalOf(vote, gate)).toBe(code);
  });

  it('answers any input at all without throwing', () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        expect(refusalOf(input, open)).toBe('UPDATE_MALFORMED');
        expect(typeof isWord(input)).toBe('boolean');
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('couldClose', () => {
  it('asks once enough different people approved, or anybody said otherwise', () => {
    expect(couldClose([], 1)).toBe(false);
    expect(couldClose([aVote({ actor: 'a' }), aVote({ actor: 'a' })], 2)).toBe(false);
    expect(couldClose([aVote({ actor: 'a' }), aVote({ actor: 'b' })], 2)).toBe(true);
    expect(couldClose([aVote({ verdict: 'reject' })], 2)).toBe(true);
  });
});
