import { unwrapResolverError } from '@apollo/server/errors';
import { AppError } from '@countersign/domain';
import type { Logger } from '@countersign/platform';
import type { GraphQLFormattedError } from 'graphql';

import { type FormattedError, toApiError, toGraphqlError } from './api-error.js';
import { OVER_LIMIT } from './query-limits.js';

/** What Apollo calls a request that its sender can mend. */
const CLIENT_FAULTS: ReadonlySet<unknown> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

function toAppError({ message, extensions }: GraphQLFormattedError, error: unknown): unknown {
  const original = unwrapResolverError(error);
  if (original instanceof AppError) return original;
  if (extensions?.[OVER_LIMIT] === true) return new AppError('QUERY_TOO_COMPLEX', message.replace(/^Syntax Error: /, ''));
  if (CLIENT_FAULTS.has(extensions?.['code'])) return new AppError('INVALID_INPUT', message);
  return original;
}

/** Apollo's `formatError`: an allow-list, so that no stack trace or vendor field can leave. */
export function errorFormatter(logger: Logger) {
  return (formatted: GraphQLFormattedError, error: unknown): FormattedError =>
    toGraphqlError(toApiError(toAppError(formatted, error), logger), formatted.path);
}
