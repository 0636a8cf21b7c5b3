import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { AppError, ERRORS } from '@countersign/domain';
import { type Logger, parseInput, toDatabaseError } from '@countersign/platform';
import { importJWK, type JWK, SignJWT } from 'jose';
import { z } from 'zod';

import { readBody, sendJson } from './http-exchange.js';
import { SIGNING_ALGORITHM } from './identity-secrets.js';
import { ACCESS_TOKEN_SECONDS } from './oidc-issuer.js';
import type { OperatorProofs } from './operator-proof.js';
import type { OperatorSession, OperatorSessions } from './operator-sessions.js';
import type { SamplePeople } from './sample-people.js';

export const OPERATOR_PATH = '/local-operator/';
const OPERATOR_ACR = 'urn:countersign:acr:local-operator';
const OPERATOR_CLIENT = 'cli';

const tokenInput = z.object({ person: z.string().min(1).max(100), proof: z.string().min(1).max(4_000) });
const refreshInput = z.object({ refresh_token: z.string().min(1).max(200) });

const STATUSES = { usage: 400, auth: 401, unavailable: 503 } as const;

export type OperatorDeps = {
  readonly issuer: string;
  readonly apiAudience: string;
  readonly signingKey: JWK;
  readonly people: SamplePeople;
  readonly proofs: OperatorProofs;
  readonly sessions: OperatorSessions;
  readonly logger: Logger;
};

/**
 * Sign-in for the person who runs this machine: whoever can read the data folder may take any sample person's part, and
 * the token says so (`amr: ["local-operator"]`), which decisions record.
 */
export class OperatorController {
  constructor(private readonly deps: OperatorDeps) {}

  async handle(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    try {
      // A browser cannot send this type across origins without asking first, and it is never allowed to.
      const isJson = request.headers['content-type']?.split(';')[0]?.trim() === 'application/json';
      if (request.method !== 'POST' || !isJson) throw new AppError('INVALID_INPUT', 'POST a JSON document here');
      const body = parseJson(await readBody(request));
      sendJson(response, 200, await this.answer(path, body));
    } catch (thrown) {
      const error = toDatabaseError(thrown);
      const kind = error instanceof AppError ? ERRORS[error.code].kind : 'unexpected';
      const status = kind === 'notFound' ? 404 : kind in STATUSES ? STATUSES[kind as keyof typeof STATUSES] : 500;
      if (status === 500) this.deps.logger.error({ err: error }, 'a local-operator sign-in failed');
      const known = error instanceof AppError && status !== 500;
      sendJson(response, status, {
        error: known ? { code: error.code, message: error.message } : { code: 'INTERNAL', message: 'Sign-in failed' },
      });
    }
  }

  private async answer(path: string, body: unknown): Promise<object> {
    const { sessions } = this.deps;
    switch (path) {
      case `${OPERATOR_PATH}token`:
        return this.signIn(parseInput(tokenInput, body));
      case `${OPERATOR_PATH}refresh`: {
        const session = await sessions.use(parseInput(refreshInput, body).refresh_token);
        return this.tokens(session, await sessions.issue(session));
      }
      case `${OPERATOR_PATH}revoke`:
        await sessions.revoke(parseInput(refreshInput, body).refresh_token);
        return {};
      default:
        throw new AppError('NOT_FOUND', 'There is nothing here');
    }
  }

  private async signIn({ person, proof }: z.output<typeof tokenInput>): Promise<object> {
    const { people, proofs, sessions } = this.deps;
    // The proof first: without it nobody learns which names exist.
    await proofs.use(proof, person);
    if (!people.find(person)) throw new AppError('UNAUTHENTICATED', `There is no sample person ${person}`);
    const authTime = Math.floor(Date.now() / 1000);
    return this.tokens({ person, authTime }, await sessions.begin(person, authTime));
  }

  private async tokens(session: Omit<OperatorSession, 'family'>, refreshToken: string): Promise<object> {
    const { issuer, apiAudience, signingKey } = this.deps;
    const now = Math.floor(Date.now() / 1000);
    const accessToken = await new SignJWT({
      client_id: OPERATOR_CLIENT,
      acr: OPERATOR_ACR,
      amr: ['local-operator'],
      auth_time: session.authTime,
    })
      .setProtectedHeader({
        alg: SIGNING_ALGORITHM,
        typ: 'at+jwt',
        ...(signingKey.kid === undefined ? {} : { kid: signingKey.kid }),
      })
      .setIssuer(issuer)
      .setSubject(session.person)
      .setAudience(apiAudience)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + ACCESS_TOKEN_SECONDS)
      .sign(await importJWK(signingKey, SIGNING_ALGORITHM));
    return {
      token_type: 'Bearer',
      access_token: accessToken,
      expires_in: ACCESS_TOKEN_SECONDS,
      refresh_token: refreshToken,
    };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError('INVALID_INPUT', 'The body is not JSON', { cause: error });
  }
}
