import { createHash } from 'node:crypto';

import * as oidc from 'openid-client';

import { issuer, sessionFrom } from './issuer';
import type { Session } from './sealed-cookie';

const EARLY_SECONDS = 60;
const MAX_REMEMBERED = 1000;

/**
 * Refreshed sessions by the refresh token they came from. Reuse of a rotated token ends the sign-in, and a browser sends
 * several requests with the old cookie before it has the new one: all of them get the one result.
 */
const refreshed = new Map<string, Promise<Session | undefined>>();

export function isNearItsEnd({ accessExpires }: Session, now = Date.now()): boolean {
  return accessExpires - EARLY_SECONDS <= now / 1000;
}

/** A session that is good for a while, or undefined where the sign-in has ended. Throws while the issuer is away. */
export async function freshSession(session: Session): Promise<Session | undefined> {
  if (!isNearItsEnd(session)) return session;
  if (!session.refreshToken) return session.accessExpires > Date.now() / 1000 ? session : undefined;
  const key = createHash('sha256').update(session.refreshToken).digest('base64url');
  let pending = refreshed.get(key);
  if (!pending) {
    pending = refresh(session, session.refreshToken);
    refreshed.set(key, pending);
    if (refreshed.size > MAX_REMEMBERED) refreshed.delete(refreshed.keys().next().value ?? '');
    pending.catch(() => refreshed.delete(key));
  }
  const next = await pending;
  // The browser may hold a cookie that is several rotations old.
  return next && isNearItsEnd(next) && next.refreshToken !== session.refreshToken ? freshSession(next) : next;
}

async function refresh(session: Session, refreshToken: string): Promise<Session | undefined> {
  try {
    return sessionFrom(await oidc.refreshTokenGrant(await issuer(), refreshToken), session);
  } catch (error) {
    if (error instanceof oidc.ResponseBodyError && error.error === 'invalid_grant') return undefined;
    throw error;
  }
}
