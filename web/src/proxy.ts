import { type NextRequest, NextResponse } from 'next/server';

import { isOriginAllowed, originOf } from './features/session/allowed-origin';
import { PATH_HEADER } from './features/session/page-path';
import { freshSession } from './features/session/refresh-session';
import { cookieOptions, openSession, sealSession, SESSION_COOKIE, SESSION_SECONDS } from './features/session/sealed-cookie';
import { contentSecurityPolicy, setSecurityHeaders } from './features/session/security-headers';

/** Everything comes through here first: who may talk to the console, what its pages may load, and a live session. */
export async function proxy(request: NextRequest): Promise<NextResponse> {
  const own = originOf(request.headers);
  if (!own) return refusal(421, 'This host name is not one of the console');
  if (!isOriginAllowed(request, own)) return refusal(403, 'Pages of this origin may not use the console');

  const { pathname, search } = request.nextUrl;
  const headers = new Headers(request.headers);
  const nonce = Buffer.from(crypto.randomUUID()).toString('base64');
  const policy = contentSecurityPolicy(nonce);
  headers.set('content-security-policy', policy);
  headers.set('x-nonce', nonce);
  headers.set(PATH_HEADER, `${pathname}${search}`);

  const change = needsSession(pathname) ? await sessionChange(request) : undefined;
  if (change) headers.set('cookie', cookiesWith(request, change.value));
  const response = NextResponse.next({ request: { headers } });
  if (change) response.cookies.set(SESSION_COOKIE, change.value, cookieOptions(change.value ? SESSION_SECONDS : 0));
  setSecurityHeaders(response.headers, policy);
  return response;
}

function needsSession(path: string): boolean {
  return !path.startsWith('/_next/') && !path.startsWith('/auth/') && path !== '/live';
}

/** The cookie's next value: empty where the sign-in has ended, undefined where nothing changes. */
async function sessionChange(request: NextRequest): Promise<{ readonly value: string } | undefined> {
  const sealed = request.cookies.get(SESSION_COOKIE)?.value;
  if (!sealed) return undefined;
  const session = await openSession(sealed);
  if (!session) return { value: '' };
  try {
    const fresh = await freshSession(session);
    if (fresh === session) return undefined;
    return { value: fresh ? await sealSession(fresh) : '' };
  } catch {
    // The issuer is away: the access token may still be good, and the gateway says so if it is not.
    return undefined;
  }
}

function cookiesWith(request: NextRequest, value: string): string {
  const others = request.cookies.getAll().filter(({ name }) => name !== SESSION_COOKIE);
  const all = value ? [...others, { name: SESSION_COOKIE, value }] : others;
  return all.map((cookie) => `${cookie.name}=${encodeURIComponent(cookie.value)}`).join('; ');
}

function refusal(status: number, message: string): NextResponse {
  return new NextResponse(`${message}\n`, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' },
  });
}
