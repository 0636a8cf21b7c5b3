'use client';

import { useEffect, useState } from 'react';

import type { InboxCountsQuery as Counts } from '../../graphql/generated/graphql';
import { query } from '../gateway/call';
import { InboxCountsQuery } from '../live/live.query';
import { useLive } from '../live/use-live';

export type InboxCounts = Counts['inbox'];

const FIRST_LOOK_MS = 3_000;
const LOOK_MS = 20_000;

/** How many requests lie in each box, as soon as that is known and from then on. */
export function useInboxCounts(): InboxCounts | undefined {
  const [counts, setCounts] = useState<InboxCounts>();
  const isLive = useLive('inbox', '1', (value) => setCounts(value as InboxCounts));
  useEffect(() => {
    if (isLive) return undefined;
    let isOver = false;
    let timer: ReturnType<typeof setTimeout>;
    const look = async (): Promise<void> => {
      const answer = document.hidden ? undefined : await query(InboxCountsQuery);
      if (isOver) return;
      if (answer?.ok) setCounts(answer.data.inbox);
      timer = setTimeout(() => void look(), LOOK_MS);
    };
    timer = setTimeout(() => void look(), FIRST_LOOK_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [isLive]);
  return counts;
}
