/** Limits of one request; `null` is no limit. Money is integer micro-units, time milliseconds of work. */
export type BudgetLimits = {
  readonly tokens: number | null;
  readonly costMicros: number | null;
  readonly wallClockMs: number | null;
  readonly attempts: number;
};

/** A cost is `null` (unknown) as soon as one call had no known price: unknown is never 0. */
export type BudgetUsage = {
  readonly tokens: number;
  readonly costMicros: number | null;
  readonly wallClockMs: number;
  readonly attempts: number;
};

export const BUDGET_KINDS = ['tokens', 'costMicros', 'wallClockMs', 'attempts'] as const;
export type BudgetKind = (typeof BUDGET_KINDS)[number];

/** 1 + `maxFixAttempts` (2) attempts, two hours of work, no token or money limit. */
export const DEFAULT_LIMITS: BudgetLimits = { tokens: null, costMicros: null, wallClockMs: 2 * 3_600_000, attempts: 3 };
export const NO_USAGE: BudgetUsage = { tokens: 0, costMicros: 0, wallClockMs: 0, attempts: 0 };

export function addUsage(a: BudgetUsage, b: BudgetUsage): BudgetUsage {
  return {
    tokens: a.tokens + b.tokens,
    costMicros: a.costMicros === null || b.costMicros === null ? null : a.costMicros + b.costMicros,
    wallClockMs: a.wallClockMs + b.wallClockMs,
    attempts: a.attempts + b.attempts,
  };
}

/**
 * The first limit that is used up, or whose use cannot be known; undefined while work may go on. Attempts are
 * not looked at: an attempt that runs is allowed to end (`allowsAttempt` is asked before it begins).
 */
export function exceededBudget(limits: BudgetLimits, usage: BudgetUsage): BudgetKind | undefined {
  return BUDGET_KINDS.find((kind) => {
    if (kind === 'attempts') return false;
    const limit = limits[kind];
    if (limit === null) return false;
    const used = usage[kind];
    return used === null || used >= limit;
  });
}

/** A raise lowers nothing and lifts at least one limit. */
export function isRaise(from: BudgetLimits, to: BudgetLimits): boolean {
  const asNumber = (limit: number | null): number => limit ?? Number.POSITIVE_INFINITY;
  return (
    BUDGET_KINDS.every((kind) => asNumber(to[kind]) >= asNumber(from[kind])) &&
    BUDGET_KINDS.some((kind) => asNumber(to[kind]) > asNumber(from[kind]))
  );
}

export function allowsAttempt(limits: BudgetLimits, attempt: number): boolean {
  return attempt <= limits.attempts;
}
