import { type NextRequest, NextResponse } from 'next/server';
import * as oidc from 'openid-client';

import { localPath, originOf } from '../../../features/session/allowed-origin';
import { issuer } from '../../../features/session/issuer';
import { cookieOptions, sealSignIn, SIGN_IN_COOKIE, SIGN_IN_SECONDS } from '../../../features/session/sealed-cookie';

export async function GET(request: NextRequest): Promise<NextResponse> {
  const origin = originOf(request.headers);
  if (!origin) return new NextResponse(null, { status: 421 });
  const signIn = {
    state: oidc.randomState(),
    nonce: oidc.randomNonce(),
    verifier: oidc.randomPKCECodeVerifier(),
    returnTo: localPath(request.nextUrl.searchParams.get('return')),
  };
  let target: URL;
  try {
    target = oidc.buildAuthorizationUrl(await issuer(), {
      redirect_uri: `${origin}/auth/callback`,
      scope: 'openid profile',
      state: signIn.state,
      nonce: signIn.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(signIn.verifier),
      code_challenge_method: 'S256',
    });
  } catch {
    return NextResponse.redirect(`${origin}/signed-out?why=issuer`);
  }
  const response = NextResponse.redirect(target);
  response.cookies.set(SIGN_IN_COOKIE, await sealSignIn(signIn), cookieOptions(SIGN_IN_SECONDS, '/auth'));
  response.headers.set('cache-control', 'no-store');
  return response;
}
