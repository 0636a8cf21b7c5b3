import { randomUUID } from 'node:crypto';

import { importJWK, type JWK, SignJWT } from 'jose';

import { ensureServiceKey } from './service-key.js';

export const SERVICE_ISSUER = 'countersign-service';
export const SERVICE_SUBJECT_PREFIX = 'service:';
export const SERVICE_TOKEN_SECONDS = 300;

export type ServiceTokensOptions = {
  /** Who speaks: `requests`, `worker`, … */
  readonly name: string;
  /** The folder of `<name>.jwk` and `<name>.pub.jwk`; both are made at first use. */
  readonly dir: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

/** Makes the tokens with which one of our services calls another. */
export class ServiceTokens {
  private key: Promise<JWK> | undefined;

  constructor(private readonly options: ServiceTokensOptions) {}

  get name(): string {
    return this.options.name;
  }

  /** Makes the key now, so that callees can read its public part before the first call. */
  async prepare(): Promise<void> {
    await this.loadKey();
  }

  /** A token for one called service, valid for five minutes. */
  async issue(audience: string): Promise<string> {
    const jwk = await this.loadKey();
    const issuedAt = Math.floor((this.options.now ?? Date.now)() / 1000);
    return new SignJWT({})
      .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) })
      .setIssuer(SERVICE_ISSUER)
      .setSubject(`${SERVICE_SUBJECT_PREFIX}${this.options.name}`)
      .setAudience(audience)
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + SERVICE_TOKEN_SECONDS)
      .sign(await importJWK(jwk, 'EdDSA'));
  }

  private loadKey(): Promise<JWK> {
    this.key ??= ensureServiceKey(this.options.dir, this.options.name).catch((error: unknown) => {
      // A full disk now must not mean a dead service later.
      this.key = undefined;
      throw error;
    });
    return this.key;
  }
}
