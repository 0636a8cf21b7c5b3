import { type NextRequest, NextResponse } from 'next/server';
import * as oidc from 'openid-client';

import { originOf } from '../../../features/session/allowed-origin';
import { issuer, sessionFrom } from '../../../features/session/issuer';
import {
  cookieOptions,
  openSignIn,
  sealSession,
  type Session,
  SESSION_COOKIE,
  SESSION_SECONDS,
  type SignIn,
  SIGN_IN_COOKIE,
} from '../../../features/session/sealed-cookie';

export async function GET(request: NextRequest): Promise<NextResponse> {
  const origin = originOf(request.headers);
  if (!origin) return new NextResponse(null, { status: 421 });
  const signIn = await openSignIn(request.cookies.get(SIGN_IN_COOKIE)?.value);
  const session = signIn && (await exchanged(new URL(`/auth/callback${request.nextUrl.search}`, origin), signIn));
  const response = NextResponse.redirect(session ? `${origin}${signIn.returnTo}` : `${origin}/signed-out?why=sign-in`);
  if (session) response.cookies.set(SESSION_COOKIE, await sealSession(session), cookieOptions(SESSION_SECONDS));
  response.cookies.set(SIGN_IN_COOKIE, '', cookieOptions(0, '/auth'));
  response.headers.set('cache-control', 'no-store');
  return response;
}

async function exchanged(callback: URL, { state, nonce, verifier }: SignIn): Promise<Session | undefined> {
  try {
    const tokens = await oidc.authorizationCodeGrant(await issuer(), callback, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    });
    return sessionFrom(tokens);
  } catch (error) {
    // eslint-disable-next-line no-console -- the console's server has no other log; the message names no token
    console.error('a sign-in failed:', error instanceof Error ? error.message : 'unknown error');
    return undefined;
  }
}
