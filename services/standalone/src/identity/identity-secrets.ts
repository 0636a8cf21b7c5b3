import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

import { ensurePrivateJson } from './private-file.js';

export const SIGNING_ALGORITHM = 'ES256';

export type IdentitySecrets = {
  /** Private ES256 key of ID and access tokens. */
  readonly signingKey: JWK;
  readonly cookieKeys: readonly string[];
  readonly consoleSecret: string;
};

/** `<dataDir>/identity-secrets.json`, 0600, made at first start: without it every sign-in would end at a restart. */
export function ensureIdentitySecrets(dataDir: string): Promise<IdentitySecrets> {
  return ensurePrivateJson(join(dataDir, 'identity-secrets.json'), async () => ({
    signingKey: await makeKey(SIGNING_ALGORITHM),
    cookieKeys: [randomBytes(32).toString('base64url')],
    consoleSecret: randomBytes(32).toString('base64url'),
  }));
}

/** The Ed25519 key that stands for "may read the data folder": 0600, made at first start. */
export function ensureOperatorKey(file: string): Promise<JWK> {
  return ensurePrivateJson<JWK>(file, () => makeKey('EdDSA'));
}

async function makeKey(alg: 'ES256' | 'EdDSA'): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, alg, use: 'sig', kid: await calculateJwkThumbprint(jwk) };
}
