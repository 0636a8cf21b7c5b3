import type { NextFunction, Request, Response } from 'express';

import { GRAPHQL_PATH, refuse } from './refusal.js';

const ALLOWED_HEADERS = 'authorization, content-type, idempotency-key';
const EXPOSED_HEADERS = 'retry-after, idempotency-replayed';

/** Whether a Host header is one of ours; an entry without a port stands for every port. */
export function isAllowedHost(header: string | undefined, allowed: readonly string[]): boolean {
  if (!header) return false;
  const host = header.toLowerCase();
  const name = host.replace(/:\d+$/, '');
  return allowed.some((entry) => entry.toLowerCase() === host || entry.toLowerCase() === name);
}

/**
 * Refuses a Host that is not ours (a DNS name pointed at loopback by somebody else) and an Origin that is not ours
 * (a foreign page in the person's browser). Requests without an Origin do not come from a page.
 */
export function originMiddleware(allowedHosts: readonly string[], allowedOrigins: readonly string[]) {
  return (req: Request, res: Response, next: NextFunction): void => {
    res.setHeader('x-content-type-options', 'nosniff');
    res.setHeader('cache-control', 'no-store');
    if (!isAllowedHost(req.headers.host, allowedHosts)) {
      refuse(res, req.path, { code: 'FORBIDDEN', message: 'This host name is not one of the gateway', field: 'Host' }, 421);
      return;
    }
    const { origin } = req.headers;
    if (origin !== undefined) {
      if (!allowedOrigins.includes(origin)) {
        refuse(res, req.path, { code: 'FORBIDDEN', message: 'Pages of this origin may not use the gateway', field: 'Origin' }, 403);
        return;
      }
      res.setHeader('access-control-allow-origin', origin);
      res.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
      res.vary('origin');
    }
    if (req.method === 'OPTIONS' && origin !== undefined && req.path === GRAPHQL_PATH) {
      res.setHeader('access-control-allow-methods', 'POST');
      res.setHeader('access-control-allow-headers', ALLOWED_HEADERS);
      res.status(204).end();
      return;
    }
    next();
  };
}
