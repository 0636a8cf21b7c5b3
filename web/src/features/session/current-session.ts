import 'server-only';

import { cookies, headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { cache } from 'react';

import { PATH_HEADER } from './page-path';
import { openSession, type Session, SESSION_COOKIE } from './sealed-cookie';

export const currentSession = cache(async (): Promise<Session | undefined> => {
  const jar = await cookies();
  return openSession(jar.get(SESSION_COOKIE)?.value);
});

export async function requireSession(): Promise<Session> {
  const session = await currentSession();
  if (session) return session;
  const path = (await headers()).get(PATH_HEADER) ?? '/';
  redirect(`/auth/login?return=${encodeURIComponent(path)}`);
}
