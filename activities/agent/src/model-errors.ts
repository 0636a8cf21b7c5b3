import type { ErrorCode } from '@countersign/domain';

/** The request waits for a person or for the provider, and says so. */
export const MODEL_OUTAGES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['MODEL_RATE_LIMITED', 'MODEL_UNAVAILABLE', 'MODEL_KEY_INVALID', 'MODEL_UNKNOWN', 'MODEL_NOT_CONFIGURED']);

/** The same call would get the same answer: the run ends and says why. */
export const MODEL_ENDINGS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['MODEL_REFUSED', 'MODEL_FILTERED', 'MODEL_CALL_REFUSED', 'MODEL_CONTEXT_TOO_LONG']);
