import { AppError } from '@countersign/domain';
import type { Logger, NoteRefusal, TokenVerifier } from '@countersign/platform';
import type { NextFunction, Response } from 'express';

import { type RequestWithPerson, signIn } from '../auth/signed-in.js';
import { toApiError } from '../graphql/api-error.js';
import type { Services } from '../services.js';
import { refuse } from './refusal.js';

/** How a client shows its access token, and what it is told where it does not. */
export type SignInScheme = { readonly challenge: string; readonly tokenOf: (authorization: string) => string | undefined };

export const BEARER: SignInScheme = { challenge: 'Bearer', tokenOf: (header) => /^Bearer ([\w.~+/-]+=*)$/i.exec(header)?.[1] };

/** @throws AppError UNAUTHENTICATED or IDENTITY_UNAVAILABLE. */
export async function callerWith(token: string | undefined, verifier: Pick<TokenVerifier, 'verify'>) {
  if (!token) throw new AppError('UNAUTHENTICATED', 'Sign in: an access token is needed');
  const caller = await verifier.verify(token);
  // A service's token speaks for a process, and the public API is for people.
  if (caller.kind !== 'person') throw new AppError('UNAUTHENTICATED', 'An access token of a person is needed');
  return caller;
}

export type SignInDeps = {
  readonly verifier: Pick<TokenVerifier, 'verify'>;
  readonly services: Services;
  readonly logger: Logger;
  readonly refused: NoteRefusal;
};

/** Nothing of a request without a valid token is parsed. */
export function signInMiddleware({ verifier, services, logger, refused }: SignInDeps, scheme = BEARER) {
  return (req: RequestWithPerson, res: Response, next: NextFunction): void => {
    callerWith(scheme.tokenOf(req.headers.authorization ?? ''), verifier).then(
      (caller) => {
        req.signedIn = signIn(caller, services);
        next();
      },
      (error: unknown) => {
        res.setHeader('www-authenticate', scheme.challenge);
        const answer = toApiError(error, logger);
        if (answer.code === 'UNAUTHENTICATED') refused(answer.code);
        refuse(res, req.baseUrl || req.path, answer);
      },
    );
  };
}
