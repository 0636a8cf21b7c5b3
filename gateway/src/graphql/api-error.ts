import { randomBytes } from 'node:crypto';

import { AppError, type ErrorCode } from '@countersign/domain';
import type { Logger } from '@countersign/platform';

/** All that a client ever learns of an error. */
export type ApiError = { readonly code: ErrorCode; readonly message: string; readonly field?: string };

const MAX_MESSAGE_CHARS = 2_000;

/** An error that is not ours, and our own INTERNAL, stay in the log: the client gets a reference to find them by. */
export function toApiError(error: unknown, logger: Logger): ApiError {
  if (error instanceof AppError && error.code !== 'INTERNAL') {
    const { code, message, field } = error;
    return { code, message: message.slice(0, MAX_MESSAGE_CHARS), ...(field === undefined ? {} : { field }) };
  }
  const reference = randomBytes(4).toString('hex');
  logger.error({ err: error, reference }, 'an operation failed unexpectedly');
  return { code: 'INTERNAL', message: `Something unexpected happened; the log knows it as ${reference}` };
}

export type FormattedError = {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: ErrorCode; readonly field?: string };
};

export function toGraphqlError({ message, ...extensions }: ApiError, path?: readonly (string | number)[]): FormattedError {
  return { message, ...(path ? { path } : {}), extensions };
}
