import { type NextRequest, NextResponse } from 'next/server';
import * as oidc from 'openid-client';

import { originOf } from '../../../features/session/allowed-origin';
import { issuer } from '../../../features/session/issuer';
import { cookieOptions, openSession, SESSION_COOKIE } from '../../../features/session/sealed-cookie';

const SEE_OTHER = 303;

/** POST only, so that no link or picture elsewhere can sign a person out. */
export async function POST(request: NextRequest): Promise<NextResponse> {
  const origin = originOf(request.headers);
  if (!origin) return new NextResponse(null, { status: 421 });
  const session = await openSession(request.cookies.get(SESSION_COOKIE)?.value);
  const response = NextResponse.redirect(await signOutUrl(origin, session?.refreshToken), SEE_OTHER);
  response.cookies.set(SESSION_COOKIE, '', cookieOptions(0));
  return response;
}

async function signOutUrl(origin: string, refreshToken: string | undefined): Promise<string> {
  try {
    const configuration = await issuer();
    if (refreshToken) await oidc.tokenRevocation(configuration, refreshToken);
    if (configuration.serverMetadata().end_session_endpoint) {
      return oidc.buildEndSessionUrl(configuration, { post_logout_redirect_uri: `${origin}/` }).href;
    }
  } catch {
    // The cookie goes in any case: without it the tokens are out of reach.
  }
  return `${origin}/signed-out`;
}
