import { AppError, ERRORS } from '@countersign/domain';
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

import { toDatabaseError } from '../postgres/connection-failure.js';

const MAX_MESSAGE_CHARS = 2_000;
/** Whoever says "come back tomorrow" is asked again in the meantime: people may have raised the limit. */
const LONGEST_RETRY_AFTER_MS = 10 * 60_000;

/**
 * What an activity may put into workflow history: a code and a short message, no cause, no stack, no details.
 * Temporal's own failures and aborts pass untouched, because the SDK reads them as cancellation.
 */
export function toFailure(thrown: unknown): unknown {
  const error = toDatabaseError(thrown);
  if (error instanceof TemporalFailure || isSdkSignal(error)) return error;
  if (error instanceof AppError) return failure(error.code, messageOf(error), !ERRORS[error.code].retry, error.retryAfterMs);
  if (error instanceof Error) return failure(error.name, error.message, false);
  return failure('Error', String(error), false);
}

/** Where the database is away no note can be stored: an operator reads this in the Temporal UI. */
function messageOf({ code, message }: AppError): string {
  return code === 'DATABASE_UNAVAILABLE' ? `${message}; trying again` : message;
}

/** AbortError and CompleteAsyncError mean "cancelled" and "answered later", not "failed". */
function isSdkSignal(error: unknown): boolean {
  const name = typeof error === 'object' && error !== null && 'name' in error ? error.name : undefined;
  return name === 'AbortError' || name === 'CompleteAsyncError';
}

function failure(type: string, message: string, nonRetryable: boolean, retryAfterMs?: number): ApplicationFailure {
  const made = ApplicationFailure.create({
    type,
    message: message.slice(0, MAX_MESSAGE_CHARS),
    nonRetryable,
    ...(retryAfterMs !== undefined && { nextRetryDelay: Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS) }),
  });
  // History is readable by every operator and counts against its size limit; the worker's log has the stack.
  made.stack = '';
  return made;
}

export type ActivityErrorLog = { error(fields: object, message: string): void };

/** Applied by `WorkerHost` to every activity. `log` gets errors that no code stands for, with their stack. */
export function activityErrors(log?: ActivityErrorLog): ActivityInterceptorsFactory {
  return (context) => ({
    inbound: {
      async execute(input, next) {
        try {
          return await next(input);
        } catch (error) {
          const made = toFailure(error);
          if (made !== error && !(error instanceof AppError)) {
            const { activityType, attempt } = context.info;
            log?.error({ err: error, activityType, attempt }, 'an activity failed unexpectedly');
          }
          throw made;
        }
      },
    },
  });
}
