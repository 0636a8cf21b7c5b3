/** How an edge answers: the CLI's exit code, the HTTP status and whether a person can mend it. */
export type ErrorKind =
  | 'usage'
  | 'auth'
  | 'forbidden'
  | 'refused'
  | 'notFound'
  | 'limited'
  | 'unavailable'
  | 'unexpected';

type ErrorRow = { readonly retry: boolean; readonly kind: ErrorKind };
const row = (kind: ErrorKind, retry = false): ErrorRow => ({ retry, kind });

/** The one table of codes. `retry` says whether trying the same call again can help. */
export const ERRORS = {
  INTERNAL: row('unexpected', true),
  CONFIG_INVALID: row('usage'),
  INVALID_INPUT: row('usage'),
  NOT_PLAIN_JSON: row('usage'),
  UNAUTHENTICATED: row('auth'),
  FORBIDDEN: row('forbidden'),
  OWN_REQUEST: row('refused'),
  ACTOR_INACTIVE: row('forbidden'),
  ROLE_MISSING: row('forbidden'),
  NOT_FOUND: row('notFound'),
  RATE_LIMITED: row('limited', true),
  QUERY_TOO_COMPLEX: row('usage'),
  IDEMPOTENCY_MISMATCH: row('refused'),
  ALREADY_EXISTS: row('refused'),
  CONFLICT: row('refused', true),

  DATABASE_UNAVAILABLE: row('unavailable', true),
  SERVICE_UNAVAILABLE: row('unavailable', true),
  IDENTITY_UNAVAILABLE: row('unavailable', true),
  TEMPORAL_UNAVAILABLE: row('unavailable', true),
  SANDBOX_UNAVAILABLE: row('unavailable', true),
  ARTIFACT_UNAVAILABLE: row('unavailable', true),
  ARTIFACT_CORRUPT: row('unexpected'),
  DEADLINE_EXCEEDED: row('unavailable', true),

  ILLEGAL_MOVE: row('refused'),
  GATE_CLOSED: row('refused'),
  STALE_DIGEST: row('refused'),
  STALE_REVISION: row('refused'),
  ALREADY_VOTED: row('refused'),
  VOTE_NOT_STORED: row('refused'),
  VOTE_MISMATCH: row('refused'),
  SIGNATURE_INVALID: row('refused'),
  KEY_UNKNOWN: row('refused'),
  KEY_PURPOSE: row('refused'),
  KEY_REVOKED: row('refused'),
  KEY_NOT_VALID_THEN: row('refused'),
  /** A list of keys that the pinned root key did not sign, or one older than another seen before. */
  KEYS_REFUSED: row('unavailable', true),
  /** Another root key than the one that a person pinned or named. */
  ROOT_MISMATCH: row('refused'),
  /** Somebody changed what the transparency log holds: `countersign log recover`. */
  LOG_BROKEN: row('unavailable', true),
  /** What is to be done is not in the transparency log yet; it will be within a second. */
  LOG_PENDING: row('unavailable', true),
  QUORUM_MISSING: row('refused'),
  QUORUM_IMPOSSIBLE: row('refused'),
  POLICY_DENIED: row('refused'),
  POLICY_CHANGED: row('refused'),
  GATE_NOT_PASSED: row('refused'),
  REQUEST_ENDED: row('refused'),
  NOT_PAUSED: row('refused'),
  ALREADY_PAUSED: row('refused'),
  RUN_SUPERSEDED: row('refused'),
  REPAIR_NOT_NEEDED: row('refused'),
  BUDGET_NOT_RAISED: row('refused'),
  /** Nobody is erased who may still act: suspend them first. */
  PERSON_NOT_SUSPENDED: row('refused'),
  /** A request that has not ended is theirs, or rests on a vote of theirs. */
  ERASURE_TOO_EARLY: row('refused'),
  UPDATE_MALFORMED: row('usage'),

  REPO_NOT_ALLOWED: row('usage'),
  REPO_NOT_GIT: row('usage'),
  REPO_EMPTY: row('usage'),
  REPO_TOO_LARGE: row('usage'),
  REPO_NOT_READY: row('refused', true),
  BRANCH_MISSING: row('usage'),
  URL_REFUSED: row('usage'),
  URL_CREDENTIALS: row('usage'),
  SOURCE_UNREACHABLE: row('unavailable', true),
  /** A person mends the source; until then the request waits. */
  SOURCE_DIVERGED: row('refused', true),
  GIT_FAILED: row('unexpected', true),
  GIT_TOO_OLD: row('usage'),
  GIT_TIMEOUT: row('unavailable', true),
  MERGE_CONFLICT: row('refused'),
  TARGET_MOVED: row('refused'),
  /** The request's branch does not name the commit that was approved. */
  HEAD_MOVED: row('refused'),

  MODEL_CANNOT: row('refused'),
  MODEL_OUTPUT_INVALID: row('refused'),
  /** The provider asks to slow down, or is overloaded. */
  MODEL_RATE_LIMITED: row('unavailable', true),
  MODEL_UNAVAILABLE: row('unavailable', true),
  /** A person mends key, name or setting; until then the request waits. */
  MODEL_KEY_INVALID: row('unavailable', true),
  MODEL_UNKNOWN: row('unavailable', true),
  MODEL_NOT_CONFIGURED: row('unavailable', true),
  MODEL_CONTEXT_TOO_LONG: row('refused'),
  MODEL_REFUSED: row('refused'),
  MODEL_FILTERED: row('refused'),
  /** The provider says that the call itself is wrong. */
  MODEL_CALL_REFUSED: row('refused'),
  /** A money limit cannot hold where the price is not known. */
  PRICE_UNKNOWN: row('refused'),
  EDIT_NOT_UNIQUE: row('refused'),
  EGRESS_REFUSED: row('refused'),
  EGRESS_UNAVAILABLE: row('unavailable', true),
  LOCKFILE_NOT_HONEST: row('refused'),
  RENAME_TARGET_TAKEN: row('refused'),
  NOTHING_TO_CHANGE: row('refused'),
  PLAN_TOUCHES_SUBMODULE: row('refused'),
  PLAN_TOUCHES_LFS: row('refused'),
  PATH_NOT_IN_PLAN: row('refused'),
  PATH_OUTSIDE_WORKSPACE: row('refused'),
  COMMAND_NOT_IN_PLAN: row('refused'),
  TOOL_FAILED: row('refused'),
  LEASE_LOST: row('refused'),
  BUDGET_EXCEEDED: row('refused'),
  SETUP_FAILED: row('refused'),
  IMAGE_MISSING: row('unavailable', true),

  WRONG_DATA_VERSION: row('usage'),
  PORT_TAKEN: row('usage'),
  ALREADY_RUNNING: row('refused'),
  PART_MISSING: row('unavailable'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERRORS, code);
}

export type AppErrorOptions = {
  readonly cause?: unknown;
  /** The input field that broke the rule. */
  readonly field?: string;
  /** The other side said when to come back, in milliseconds from now. */
  readonly retryAfterMs?: number;
  /** Plain JSON that helps the person: places, tips of branches, limits. Never a secret. */
  readonly details?: unknown;
};

/** A failure we know can happen. Edges translate `code`; nothing classifies by message. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly field: string | undefined;
  readonly details: unknown;
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: AppErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.field = options.field;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
  }
}
