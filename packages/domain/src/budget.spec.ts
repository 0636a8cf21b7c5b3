import { describe, expect, it } from '@jest/globals';

import { DEFAULT_LIMITS, NO_USAGE, addUsage, allowsAttempt, budgetPassedBy, cachedShare, exceededBudget, isRaise } from './budget.js';

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

  it('stop before the call that would pass a limit, and let one reach it', () => {
    const limits = { ...DEFAULT_LIMITS, tokens: 100, costMicros: 1000 };
    const usage = { ...NO_USAGE, tokens: 60, costMicros: 600 };
    expect(budgetPassedBy(limits, usage, { tokens: 40, costMicros: 400 })).toBeUndefined();
    expect(budgetPassedBy(limits, usage, { tokens: 41, costMicros: 1 })).toBe('tokens');
    expect(budgetPassedBy(limits, usage, { tokens: 1, costMicros: 401 })).toBe('costMicros');
    expect(budgetPassedBy(limits, usage, { tokens: 1, costMicros: null })).toBe('costMicros');
    expect(budgetPassedBy(DEFAULT_LIMITS, usage, { tokens: 1e9, costMicros: null })).toBeUndefined();
    expect(budgetPassedBy(limits, { ...usage, tokens: 100 }, { tokens: 0, costMicros: 0 })).toBe('tokens');
  });

  it('keep what came from a cache apart, and say its share', () => {
    const cached = addUsage({ ...NO_USAGE, tokens: 100, cachedTokens: 50 }, { ...NO_USAGE, tokens: 100, cachedTokens: 74 });
    expect(cached.cachedTokens).toBe(124);
    expect(cachedShare(cached)).toBe(62);
    expect(cachedShare(NO_USAGE)).toBeUndefined();
    expect(addUsage(NO_USAGE, NO_USAGE)).toEqual(NO_USAGE);
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
