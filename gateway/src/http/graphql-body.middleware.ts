import type { NoteRefusal } from '@countersign/platform';
import { json, type NextFunction, type Request, type Response } from 'express';

import type { ApiError } from '../graphql/api-error.js';
import { countsTooManyTokens } from '../graphql/query-limits.js';
import type { Limits } from '../limits.js';
import { GRAPHQL_PATH, refuse, statusOf } from './refusal.js';

const MAX_OPERATION_NAME_CHARS = 200;

/** Only a POST of JSON: a form or a link on a foreign page can send neither without the browser asking first. */
export function requireJsonPost(req: Request, res: Response, next: NextFunction): void {
  if (req.method !== 'POST') {
    res.setHeader('allow', 'POST');
    refuse(res, GRAPHQL_PATH, { code: 'INVALID_INPUT', message: 'GraphQL is served over POST only' }, 405);
    return;
  }
  if (!req.is('application/json')) {
    refuse(res, GRAPHQL_PATH, { code: 'INVALID_INPUT', message: 'must be application/json', field: 'Content-Type' }, 415);
    return;
  }
  next();
}

/** Refuses in the form of the path. */
export function readJson(limits: Limits, path: string) {
  const read = json({ limit: limits.bodyBytes, strict: false, type: () => true });
  return (req: Request, res: Response, next: NextFunction): void => {
    read(req, res, (error?: unknown) => {
      if (error === undefined) return next();
      const isTooLarge = (error as { type?: unknown }).type === 'entity.too.large';
      const message = isTooLarge ? `The body is larger than ${limits.bodyBytes} bytes` : 'The body is not valid JSON';
      return refuse(res, path, { code: 'INVALID_INPUT', message, field: 'body' }, isTooLarge ? 413 : 400);
    });
  };
}

const fault = (field: string, message: string): ApiError => ({ code: 'INVALID_INPUT', message: `${field}: ${message}`, field });

const isPlainObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Why a body is not one GraphQL request; undefined where it is. */
export function bodyFault(body: unknown, limits: Limits): ApiError | undefined {
  if (!isPlainObject(body)) return fault('body', 'must be one GraphQL request; batches are not served');
  const { query, operationName, variables, extensions } = body as Record<string, unknown>;
  if (typeof query !== 'string' || query === '') return fault('query', 'must be a GraphQL document');
  if (operationName !== undefined && operationName !== null) {
    if (typeof operationName !== 'string' || operationName.length > MAX_OPERATION_NAME_CHARS) {
      return fault('operationName', 'must be a short text');
    }
  }
  if (variables !== undefined && variables !== null && !isPlainObject(variables)) return fault('variables', 'must be an object');
  if (extensions !== undefined && extensions !== null && !isPlainObject(extensions)) return fault('extensions', 'must be an object');
  if (countsTooManyTokens(query, limits.tokens)) {
    return { code: 'QUERY_TOO_COMPLEX', message: `The document has more than ${limits.tokens} tokens`, field: 'query' };
  }
  return undefined;
}

export function checkBody(limits: Limits, refused: NoteRefusal) {
  return (req: Request, res: Response, next: NextFunction): void => {
    const found = bodyFault(req.body, limits);
    if (!found) return next();
    refused(found.code);
    return refuse(res, GRAPHQL_PATH, found, statusOf(found.code));
  };
}
