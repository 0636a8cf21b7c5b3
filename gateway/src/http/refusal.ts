import type { ErrorCode } from '@countersign/domain';
import { ERRORS } from '@countersign/domain';
import type { Response } from 'express';

import { type ApiError, toGraphqlError } from '../graphql/api-error.js';

const STATUS_OF_KIND = {
  usage: 400,
  auth: 401,
  forbidden: 403,
  refused: 409,
  notFound: 404,
  limited: 429,
  unavailable: 503,
  unexpected: 500,
} as const satisfies Record<(typeof ERRORS)[ErrorCode]['kind'], number>;

export const GRAPHQL_PATH = '/graphql';
export const GIT_PATH = '/git';
export const EXPORTS_PATH = '/audit/exports';

export function statusOf(code: ErrorCode): number {
  return STATUS_OF_KIND[ERRORS[code].kind];
}

/** Answers with an error in the form of the path: GraphQL's envelope, text that git shows, or the plain error for REST. */
export function refuse(res: Response, path: string, error: ApiError, status = statusOf(error.code)): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  if (path === GIT_PATH || path.startsWith(`${GIT_PATH}/`)) {
    res.status(status).type('text/plain').send(`${error.code}: ${error.message}\n`);
    return;
  }
  res.status(status).json(path === GRAPHQL_PATH ? { errors: [toGraphqlError(error)] } : { error });
}
