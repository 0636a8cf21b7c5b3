import Link from 'next/link';

/** The two pages of a request. */
export function RequestTabs({ id, current }: { readonly id: string; readonly current: 'request' | 'audit' }) {
  const path = `/requests/${encodeURIComponent(id)}`;
  const tabs = [['request', path, 'Request'], ['audit', `${path}/audit`, 'Audit']] as const;
  return (
    <nav aria-label="Pages of this request" className="flex gap-6 border-b border-line text-14">
      {tabs.map(([name, href, word]) => (
        <Link key={name} href={href} aria-current={name === current ? 'page' : undefined} className={`-mb-px border-b-2 py-1.5 ${name === current ? 'border-ink font-medium' : 'border-transparent text-muted hover:text-ink hover:underline'}`} data-testid={`tab-${name}`}>{word}</Link>
      ))}
    </nav>
  );
}
