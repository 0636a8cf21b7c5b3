import Link from 'next/link';

import type { Box, InboxQuery } from '../../graphql/generated/graphql';
import { BOXES } from './inbox-boxes';

export function InboxTabs({ current, counts }: { readonly current: Box; readonly counts: InboxQuery['inbox'] }) {
  return (
    <nav aria-label="Inbox" className="-mx-4 overflow-x-auto border-b border-line px-4">
      <ul className="flex gap-5 text-14">
        {BOXES.map(([box, name]) => (
          <li key={box}>
            <Link
              href={box === 'needsMe' ? '/' : `/?box=${box}`}
              aria-current={box === current ? 'page' : undefined}
              data-testid={`inbox-tab-${box}`}
              className={`inline-flex gap-1.5 border-b-2 py-2 whitespace-nowrap ${box === current ? 'border-ink font-semibold' : 'border-transparent text-muted hover:text-ink'}`}
            >
              {name}
              <span className="tabular-nums" data-testid={`inbox-count-${box}`}>{counts[box]}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
