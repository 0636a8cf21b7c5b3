'use client';

import { useEffect } from 'react';

import { useInboxCounts } from './use-inbox-counts';

const COUNT = /^\(\d+\) /;

/** How many requests wait for me, beside the way to the inbox and in the tab's title. */
export function InboxBadge() {
  const needsMe = useInboxCounts()?.needsMe ?? 0;
  useEffect(() => {
    const mark = (): void => {
      const bare = document.title.replace(COUNT, '');
      const title = needsMe > 0 ? `(${needsMe}) ${bare}` : bare;
      if (document.title !== title) document.title = title;
    };
    mark();
    // A page that is rendered or navigated to sets its own title.
    const titles = new MutationObserver(mark);
    titles.observe(document.head, { childList: true, subtree: true, characterData: true });
    return () => titles.disconnect();
  }, [needsMe]);
  if (needsMe === 0) return null;
  return (
    <span className="ml-1 tabular-nums" data-testid="inbox-badge" data-count={needsMe}>
      <span aria-hidden>({needsMe})</span>
      <span className="sr-only">{needsMe} need{needsMe === 1 ? 's' : ''} my decision</span>
    </span>
  );
}
