import { AppError } from '@countersign/domain';
import {
  createRemoteJWKSet,
  decodeJwt,
  errors,
  importJWK,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';

import type { Caller, PersonCaller } from './caller.js';
import { publicKeyFile, readJwk, SERVICE_NAME } from './service-key.js';
import { SERVICE_ISSUER, SERVICE_SUBJECT_PREFIX, SERVICE_TOKEN_SECONDS } from './service-tokens.js';

/** Whether a token holds: its signature by one of the keys, and the rules. Rejects where it does not. */
export type TokenCheck = (token: string, keys: JWTVerifyGetKey, rules: JWTVerifyOptions) => Promise<{ readonly payload: JWTPayload }>;

export type TokenVerifierOptions = {
  /** This service's own name: service tokens for another are refused. */
  readonly audience: string;
  /** The people's issuer, exactly as in their tokens. */
  readonly issuer: string;
  readonly jwksUri: string;
  /** The audience of people's access tokens. */
  readonly apiAudience: string;
  /** Where services' public keys lie (`<name>.pub.jwk`). */
  readonly serviceKeysDir: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** For people's tokens; default, and in every service of ours, that of jose. */
  readonly check?: TokenCheck;
};

const CLOCK_TOLERANCE_SECONDS = 5;
const JWKS_DEADLINE_MS = 5_000;
const PERSON_ALGORITHMS = ['EdDSA', 'ES256', 'RS256'];
const MAX_TOKEN_CHARS = 16_384;

/** Tells who sent a token. A token only identifies: rights are looked up elsewhere. */
export class TokenVerifier {
  private readonly personKeys: JWTVerifyGetKey;
  private readonly check: TokenCheck;

  constructor(private readonly options: TokenVerifierOptions) {
    this.check = options.check ?? jwtVerify;
    this.personKeys = reachable(
      createRemoteJWKSet(new URL(options.jwksUri), { timeoutDuration: JWKS_DEADLINE_MS, cacheMaxAge: 600_000 }),
    );
  }

  /**
   * @throws AppError UNAUTHENTICATED for any token that does not hold; IDENTITY_UNAVAILABLE (retry) where the issuer's
   * keys could not be read, so nobody is signed out by an outage.
   */
  async verify(token: string): Promise<Caller> {
    try {
      if (token.length > MAX_TOKEN_CHARS) throw new errors.JWTInvalid('too long');
      // Unverified, and only chooses the path: each path then insists on its own issuer.
      return decodeJwt(token).iss === SERVICE_ISSUER ? await this.verifyService(token) : await this.verifyPerson(token);
    } catch (error) {
      if (error instanceof AppError) throw error;
      const isExpired = error instanceof errors.JWTExpired;
      throw new AppError('UNAUTHENTICATED', isExpired ? 'The token has expired' : 'The token is not valid', {
        cause: error,
      });
    }
  }

  private async verifyPerson(token: string): Promise<Caller> {
    const { payload } = await this.check(token, this.personKeys, {
      algorithms: PERSON_ALGORITHMS,
      issuer: this.options.issuer,
      audience: this.options.apiAudience,
      typ: 'at+jwt',
      requiredClaims: ['sub', 'exp', 'iat'],
      ...this.clock(),
    });
    return toPerson(payload, this.options.issuer, token);
  }

  private async verifyService(token: string): Promise<Caller> {
    const name = serviceNameOf(decodeJwt(token).sub);
    // The key is the one of the service that the token speaks for: a kid could point at anybody's.
    await jwtVerify(token, await this.serviceKey(name), {
      algorithms: ['EdDSA'],
      issuer: SERVICE_ISSUER,
      subject: `${SERVICE_SUBJECT_PREFIX}${name}`,
      audience: this.options.audience,
      requiredClaims: ['sub', 'exp', 'iat'],
      maxTokenAge: SERVICE_TOKEN_SECONDS,
      ...this.clock(),
    });
    return { kind: 'service', name };
  }

  private async serviceKey(name: string) {
    let jwk;
    try {
      // Read at each call: it is a few hundred bytes, and a replaced key counts at once.
      jwk = await readJwk(publicKeyFile(this.options.serviceKeysDir, name));
    } catch (error) {
      throw new AppError('IDENTITY_UNAVAILABLE', `The public key of ${name} cannot be read`, { cause: error });
    }
    if (!jwk) throw new errors.JWKSNoMatchingKey();
    return importJWK(jwk, 'EdDSA');
  }

  private clock() {
    const { now } = this.options;
    return { clockTolerance: CLOCK_TOLERANCE_SECONDS, ...(now ? { currentDate: new Date(now()) } : {}) };
  }
}

/** A key that is not there is the token's fault; keys that could not be fetched are not. */
function reachable(keys: JWTVerifyGetKey): JWTVerifyGetKey {
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      throw new AppError('IDENTITY_UNAVAILABLE', "The issuer's keys cannot be read", { cause: error });
    }
  };
}

function serviceNameOf(subject: string | undefined): string {
  const name = subject?.startsWith(SERVICE_SUBJECT_PREFIX) ? subject.slice(SERVICE_SUBJECT_PREFIX.length) : '';
  if (!SERVICE_NAME.test(name)) throw new errors.JWTInvalid('no service');
  return name;
}

function toPerson(payload: JWTPayload, issuer: string, token: string): PersonCaller {
  const { sub, acr, amr, auth_time: authTime } = payload;
  const clientId = payload.client_id ?? payload.azp;
  if (!sub || sub.length > 255 || typeof clientId !== 'string') throw new errors.JWTInvalid('no subject or client');
  return {
    kind: 'person',
    issuer,
    subject: sub,
    clientId,
    ...(typeof acr === 'string' ? { acr } : {}),
    amr: Array.isArray(amr) ? amr.filter((method): method is string => typeof method === 'string') : [],
    ...(typeof authTime === 'number' ? { authTime } : {}),
    token,
  };
}
