/** Every limit of the public API; each can be set apart. */
export type Limits = {
  readonly depth: number;
  /** Cost of a document: 1 for a field, 2 for an object, times `first`. */
  readonly cost: number;
  readonly aliases: number;
  readonly directives: number;
  readonly tokens: number;
  readonly bodyBytes: number;
  /** HTTP requests of one person in a minute. */
  readonly requestsPerMinute: number;
  /** For one field of Query or Mutation. */
  readonly deadlineMs: number;
  /** How long a repeated request waits for the one that is still being answered. */
  readonly idempotencyWaitMs: number;
};

export const DEFAULT_LIMITS: Limits = {
  depth: 8,
  cost: 20_000,
  aliases: 15,
  directives: 20,
  tokens: 2_000,
  bodyBytes: 1_000_000,
  requestsPerMinute: 600,
  deadlineMs: 20_000,
  idempotencyWaitMs: 5_000,
};
