import type { NoteRefusal } from '@countersign/platform';
import type { NextFunction, Request, Response } from 'express';

import type { ApiError } from '../graphql/api-error.js';
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

export type SideRules = { readonly allowedHosts: readonly string[]; readonly allowedOrigins: readonly string[] };
type SideFault = { readonly error: ApiError; readonly status: number };

/**
 * Why a request may not be ours; undefined where nothing speaks against it. A Host that is not ours is a DNS name that
 * somebody else points at loopback, an Origin that is not ours a foreign page in the person's browser. Requests without an
 * Origin do not come from a page.
 */
export function sideFault({ host, origin }: { readonly host?: string | undefined; readonly origin?: string | undefined }, { allowedHosts, allowedOrigins }: SideRules): SideFault | undefined {
  if (!isAllowedHost(host, allowedHosts)) {
    return { error: { code: 'FORBIDDEN', message: 'This host name is not one of the gateway', field: 'Host' }, status: 421 };
  }
  if (origin === undefined || allowedOrigins.includes(origin)) return undefined;
  return { error: { code: 'FORBIDDEN', message: 'Pages of this origin may not use the gateway', field: 'Origin' }, status: 403 };
}

/** Refuses what may not be ours, and answers the questions that browsers ask before a page of ours calls. */
export function originMiddleware(rules: SideRules, faultOf: typeof sideFault, refused: NoteRefusal) {
  return (req: Request, res: Response, next: NextFunction): void => {
    res.setHeader('x-content-type-options', 'nosniff');
    res.setHeader('cache-control', 'no-store');
    const fault = faultOf(req.headers, rules);
    if (fault) {
      refused(fault.error.code);
      refuse(res, req.path, fault.error, fault.status);
      return;
    }
    const { origin } = req.headers;
    if (origin !== undefined) {
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
