import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { isErrorCode } from '@countersign/domain';
import type { JWK } from 'jose';
import { z } from 'zod';

import { dataFolder } from './addresses.js';
import { CliError } from './cli-error.js';
import { postJson } from './http.js';
import type { Io } from './io.js';

const tokens = z.object({ access_token: z.string(), refresh_token: z.string(), expires_in: z.number() });
const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

export type Tokens = {
  readonly accessToken: string;
  /** Null where the issuer gives none: the sign-in ends with the access token. */
  readonly refreshToken: string | null;
  readonly expiresAt: number;
};

/** Whoever can read the data folder's 0600 key may sign in as any sample person; the token says so in `amr`. */
async function proofFor(person: string, issuer: string, io: Io): Promise<string> {
  const file = join(dataFolder(io), 'identity', 'operator.jwk');
  let jwk: JWK;
  try {
    jwk = JSON.parse(await readFile(file, 'utf8')) as JWK;
  } catch {
    throw new CliError('UNAUTHENTICATED', `${file} cannot be read: \`login --as\` works for the owner of the data folder, after \`npm start\``);
  }
  // Signing in is rare, and every command would load it.
  const { importJWK, SignJWT } = await import('jose');
  const issuedAt = Math.floor(io.now() / 1000);
  return new SignJWT({})
    .setProtectedHeader({ alg: 'EdDSA', ...(jwk.kid ? { kid: jwk.kid } : {}) })
    .setSubject(person)
    .setAudience(issuer)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + 60)
    .sign(await importJWK(jwk, 'EdDSA'));
}

async function ask(url: string, body: object, io: Io): Promise<Tokens> {
  const answer = await postJson(url, body, { what: 'The identity provider', code: 'IDENTITY_UNAVAILABLE' });
  if (answer.status !== 200) {
    const refused = refusal.safeParse(answer.body).data?.error;
    const code = isErrorCode(refused?.code) ? refused.code : 'IDENTITY_UNAVAILABLE';
    throw new CliError(code, refused?.message ?? `The identity provider answered ${answer.status}`);
  }
  const parsed = tokens.safeParse(answer.body);
  if (!parsed.success) throw new CliError('INTERNAL', 'The identity provider answered in a form that is not ours');
  const { access_token, refresh_token, expires_in } = parsed.data;
  return { accessToken: access_token, refreshToken: refresh_token, expiresAt: io.now() + expires_in * 1000 };
}

export async function signInAs(person: string, issuer: string, io: Io): Promise<Tokens> {
  return ask(`${issuer}/local-operator/token`, { person, proof: await proofFor(person, issuer, io) }, io);
}

export async function refreshTokens(refreshToken: string, issuer: string, io: Io): Promise<Tokens> {
  return ask(`${issuer}/local-operator/refresh`, { refresh_token: refreshToken }, io);
}

/** Ends the refresh token at the issuer; the access token runs out by itself. */
export async function revokeTokens(refreshToken: string, issuer: string): Promise<void> {
  const named = { what: 'The identity provider', code: 'IDENTITY_UNAVAILABLE', deadlineMs: 5_000 } as const;
  await postJson(`${issuer}/local-operator/revoke`, { refresh_token: refreshToken }, named);
}
