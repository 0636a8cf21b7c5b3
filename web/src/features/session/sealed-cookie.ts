import { EncryptJWT, errors, jwtDecrypt } from 'jose';
import { z } from 'zod';

import { consoleSettings } from './console-settings';

// Cookies know no port: every server on 127.0.0.1 sees them, so the names must not meet another's.
export const SESSION_COOKIE = 'countersign_console_session';
export const SIGN_IN_COOKIE = 'countersign_console_sign_in';
export const SESSION_SECONDS = 14 * 24 * 3600;
export const SIGN_IN_SECONDS = 15 * 60;

const session = z.object({
  subject: z.string(),
  name: z.string(),
  accessToken: z.string(),
  /** Seconds since the epoch. */
  accessExpires: z.number(),
  refreshToken: z.string().optional(),
});
export type Session = z.infer<typeof session>;

const signIn = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), returnTo: z.string() });
export type SignIn = z.infer<typeof signIn>;

async function seal(audience: string, payload: Session | SignIn, seconds: number): Promise<string> {
  return new EncryptJWT({ ...payload })
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime(`${seconds}s`)
    .encrypt(consoleSettings().sessionKey);
}

async function open<T>(audience: string, sealed: string | undefined, schema: z.ZodType<T>): Promise<T | undefined> {
  if (!sealed) return undefined;
  try {
    const { payload } = await jwtDecrypt(sealed, consoleSettings().sessionKey, {
      audience,
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return schema.safeParse(payload).data;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

// The audience keeps one cookie from being passed off as the other.
export const sealSession = (value: Session): Promise<string> => seal('session', value, SESSION_SECONDS);
export const openSession = (sealed: string | undefined): Promise<Session | undefined> => open('session', sealed, session);
export const sealSignIn = (value: SignIn): Promise<string> => seal('sign-in', value, SIGN_IN_SECONDS);
export const openSignIn = (sealed: string | undefined): Promise<SignIn | undefined> => open('sign-in', sealed, signIn);

export function cookieOptions(seconds: number, path = '/') {
  return {
    httpOnly: true,
    sameSite: 'lax' as const,
    secure: consoleSettings().consoleUrl.protocol === 'https:',
    path,
    maxAge: seconds,
  };
}
