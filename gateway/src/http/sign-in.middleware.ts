import { AppError } from '@countersign/domain';
import type { Logger, TokenVerifier } from '@countersign/platform';
import type { NextFunction, Response } from 'express';

import { type RequestWithPerson, signIn } from '../auth/signed-in.js';
import { toApiError } from '../graphql/api-error.js';
import type { Services } from '../services.js';
import { refuse } from './refusal.js';

const BEARER = /^Bearer ([\w.~+/-]+=*)$/i;

async function callerOf(header: string | undefined, verifier: Pick<TokenVerifier, 'verify'>) {
  const token = BEARER.exec(header ?? '')?.[1];
  if (!token) throw new AppError('UNAUTHENTICATED', 'Sign in: an access token is needed');
  const caller = await verifier.verify(token);
  // A service's token speaks for a process, and the public API is for people.
  if (caller.kind !== 'person') throw new AppError('UNAUTHENTICATED', 'An access token of a person is needed');
  return caller;
}

/** Nothing of a request without a valid token is parsed. */
export function signInMiddleware(verifier: Pick<TokenVerifier, 'verify'>, services: Services, logger: Logger) {
  return (req: RequestWithPerson, res: Response, next: NextFunction): void => {
    callerOf(req.headers.authorization, verifier).then(
      (caller) => {
        req.signedIn = signIn(caller, services);
        next();
      },
      (error: unknown) => {
        res.setHeader('www-authenticate', 'Bearer');
        refuse(res, req.baseUrl || req.path, toApiError(error, logger));
      },
    );
  };
}
