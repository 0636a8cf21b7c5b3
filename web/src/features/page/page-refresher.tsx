'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useRef } from 'react';

import { useLive } from '../live/use-live';

const HIDDEN_FACTOR = 10;

/** Renders the page again now and then; seldom while nobody looks at it, at once when somebody does again.
 * `inbox`: the counts that the page shows; others that are heard of are a reason to render it at once. */
export function PageRefresher({ everyMs, inbox }: { readonly everyMs: number; readonly inbox?: string }) {
  const router = useRouter();
  const shown = useRef(inbox);
  shown.current = inbox;
  useLive('inbox', inbox === undefined ? undefined : '1', (value) => {
    if ((value as { readonly cursor: string }).cursor !== shown.current) router.refresh();
  });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const plan = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        router.refresh();
        plan();
      }, document.hidden ? everyMs * HIDDEN_FACTOR : everyMs);
    };
    const onVisibility = (): void => {
      if (!document.hidden) router.refresh();
      plan();
    };
    plan();
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }, [router, everyMs]);
  return null;
}
