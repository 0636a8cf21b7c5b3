import Link from 'next/link';

import { InboxBadge } from '../inbox/inbox-badge';
import { Quoted } from '../text/quoted';

const PLACES = [
  ['/', 'Inbox'],
  ['/requests/new', 'New request'],
  ['/projects', 'Projects'],
  ['/people', 'People'],
] as const;

export function SiteHeader({ person }: { readonly person: string | undefined }) {
  return (
    <header className="border-b border-line">
      <div className="mx-auto flex max-w-5xl flex-wrap items-center gap-x-6 gap-y-1 px-4 py-3">
        <Link href="/" className="font-semibold tracking-tight">Countersign</Link>
        {person === undefined ? null : (
          <>
            <nav aria-label="Main" className="flex flex-wrap gap-x-4 text-14">
              {PLACES.map(([href, name]) => (
                <Link key={href} href={href} className="py-1 text-muted hover:text-ink hover:underline">{name}{href === '/' ? <InboxBadge /> : null}</Link>
              ))}
            </nav>
            <form method="post" action="/auth/logout" className="ml-auto flex items-center gap-3 text-14">
              <span className="text-muted" data-testid="person"><Quoted>{person}</Quoted></span>
              <button type="submit" className="link py-1" data-testid="sign-out">Sign out</button>
            </form>
          </>
        )}
      </div>
    </header>
  );
}
