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
  /** Gits at work at a time. */
  readonly gitPerPerson: number;
  readonly gitInAll: number;
  /** For one answer of git; a clone of the largest repository that is imported takes minutes. */
  readonly gitDeadlineMs: number;
  /** What git may ask for in one request, decompressed. */
  readonly gitBodyBytes: number;
  /** Subscription sockets in all, and of one person. */
  readonly sockets: number;
  readonly socketsPerPerson: number;
  readonly subscriptionsPerSocket: number;
  readonly socketMessageBytes: number;
  /** How long a socket may take to say who it is. */
  readonly socketAckMs: number;
  /** A socket is asked whether it is there after this, and given the same time to answer. */
  readonly socketPingMs: number;
  /** A client that does not take a message within this is dropped; it goes on by cursor. */
  readonly socketSlowMs: number;
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
  sockets: 1_000,
  socketsPerPerson: 10,
  subscriptionsPerSocket: 20,
  socketMessageBytes: 64_000,
  socketAckMs: 5_000,
  socketPingMs: 15_000,
  socketSlowMs: 10_000,
  gitPerPerson: 4,
  gitInAll: 32,
  gitDeadlineMs: 1_800_000,
  gitBodyBytes: 8_000_000,
};
