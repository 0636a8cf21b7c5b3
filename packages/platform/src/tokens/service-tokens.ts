import { randomUUID } from 'node:crypto';

import { importJWK, SignJWT } from 'jose';

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

type Signing = { readonly key: Awaited<ReturnType<typeof importJWK>>; readonly kid: string | undefined };

/** Makes the tokens with which one of our services calls another. */
export class ServiceTokens {
  private key: Promise<Signing> | undefined;
  private readonly issued = new Map<string, { readonly token: string; readonly at: number }>();

  constructor(private readonly options: ServiceTokensOptions) {}

  get name(): string {
    return this.options.name;
  }

  /** Makes the key now, so that callees can read its public part before the first call. */
  async prepare(): Promise<void> {
    await this.loadKey();
  }

  /** A token for one called service, valid for two and a half to five minutes: many calls are made with one. */
  async issue(audience: string): Promise<string> {
    const at = Math.floor((this.options.now ?? Date.now)() / 1000);
    const before = this.issued.get(audience);
    // Not either where the clock was set back: the callee would find it issued in the future.
    if (before && at >= before.at && at - before.at < SERVICE_TOKEN_SECONDS / 2) return before.token;
    const token = await this.sign(audience, at);
    this.issued.set(audience, { token, at });
    return token;
  }

  private async sign(audience: string, issuedAt: number): Promise<string> {
    const { key, kid } = await this.loadKey();
    return new SignJWT({})
      .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', ...(kid === undefined ? {} : { kid }) })
      .setIssuer(SERVICE_ISSUER)
      .setSubject(`${SERVICE_SUBJECT_PREFIX}${this.options.name}`)
      .setAudience(audience)
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + SERVICE_TOKEN_SECONDS)
      .sign(key);
  }

  private loadKey(): Promise<Signing> {
    this.key ??= this.readKey().catch((error: unknown) => {
      // A full disk now must not mean a dead service later.
      this.key = undefined;
      throw error;
    });
    return this.key;
  }

  private async readKey(): Promise<Signing> {
    const jwk = await ensureServiceKey(this.options.dir, this.options.name);
    return { key: await importJWK(jwk, 'EdDSA'), kid: jwk.kid };
  }
}
