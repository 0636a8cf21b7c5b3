import { describe, expect, it } from '@jest/globals';

import { DEFAULT_LIMITS, NO_USAGE, addUsage, allowsAttempt, exceededBudget, isRaise } from './budget.js';

describe('budgets', () => {
  it('stop at the limit, not behind it', () => {
    const limits = { ...DEFAULT_LIMITS, tokens: 100 };
    expect(exceededBudget(limits, { ...NO_USAGE, tokens: 99 })).toBeUndefined();
    expect(exceededBudget(limits, { ...NO_USAGE, tokens: 100 })).toBe('tokens');
  });

  it('treat an unknown cost as used up where money is limited, and as unknown in sums', () => {
    const unknown = { ...NO_USAGE, costMicros: null };
    expect(exceededBudget({ ...DEFAULT_LIMITS, costMicros: 5 }, unknown)).toBe('costMicros');
    expect(exceededBudget(DEFAULT_LIMITS, unknown)).toBeUndefined();
    expect(addUsage({ ...NO_USAGE, costMicros: 3 }, unknown).costMicros).toBeNull();
  });

  it('allow as many attempts as the limit says', () => {
    expect([1, 2, 3, 4].map((attempt) => allowsAttempt(DEFAULT_LIMITS, attempt))).toEqual([true, true, true, false]);
  });

  it('are raised only by lifting a limit and lowering none', () => {
    expect(isRaise(DEFAULT_LIMITS, { ...DEFAULT_LIMITS, attempts: 4 })).toBe(true);
    expect(isRaise(DEFAULT_LIMITS, DEFAULT_LIMITS)).toBe(false);
    expect(isRaise(DEFAULT_LIMITS, { ...DEFAULT_LIMITS, attempts: 4, tokens: 1 })).toBe(false);
    expect(isRaise({ ...DEFAULT_LIMITS, tokens: 1 }, { ...DEFAULT_LIMITS, tokens: null })).toBe(true);
  });
});
