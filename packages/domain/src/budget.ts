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
  /** Of `tokens`, those that the provider read from its cache. */
  readonly cachedTokens?: number;
};

export const BUDGET_KINDS = ['tokens', 'costMicros', 'wallClockMs', 'attempts'] as const;
export type BudgetKind = (typeof BUDGET_KINDS)[number];

/** 1 + `maxFixAttempts` (2) attempts, two hours of work, no token or money limit. */
export const DEFAULT_LIMITS: BudgetLimits = { tokens: null, costMicros: null, wallClockMs: 2 * 3_600_000, attempts: 3 };
export const NO_USAGE: BudgetUsage = { tokens: 0, costMicros: 0, wallClockMs: 0, attempts: 0 };

export function addUsage(a: BudgetUsage, b: BudgetUsage): BudgetUsage {
  const cachedTokens = (a.cachedTokens ?? 0) + (b.cachedTokens ?? 0);
  return {
    tokens: a.tokens + b.tokens,
    costMicros: a.costMicros === null || b.costMicros === null ? null : a.costMicros + b.costMicros,
    wallClockMs: a.wallClockMs + b.wallClockMs,
    attempts: a.attempts + b.attempts,
    ...(cachedTokens > 0 && { cachedTokens }),
  };
}

/** Whole percent of the tokens that came from a provider's cache; undefined where none did. */
export function cachedShare({ tokens, cachedTokens = 0 }: Pick<BudgetUsage, 'tokens' | 'cachedTokens'>): number | undefined {
  return cachedTokens > 0 && tokens > 0 ? Math.min(100, Math.round((100 * cachedTokens) / tokens)) : undefined;
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

/** What the next call is expected to use; a null cost has no known price. */
export type ExpectedUsage = { readonly tokens: number; readonly costMicros: number | null };

/** The limit that is used up already, or that the expected call would pass. Reaching one exactly is allowed. */
export function budgetPassedBy(limits: BudgetLimits, usage: BudgetUsage, next: ExpectedUsage): BudgetKind | undefined {
  const used = exceededBudget(limits, usage);
  if (used !== undefined) return used;
  if (limits.tokens !== null && usage.tokens + next.tokens > limits.tokens) return 'tokens';
  const { costMicros } = limits;
  if (costMicros === null) return undefined;
  return next.costMicros === null || (usage.costMicros ?? 0) + next.costMicros > costMicros ? 'costMicros' : undefined;
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
