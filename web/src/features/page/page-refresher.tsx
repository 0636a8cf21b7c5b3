'use client';

import { useRouter } from 'next/navigation';
import { useEffect } from 'react';

const HIDDEN_FACTOR = 10;

/** Renders the page again now and then; seldom while nobody looks at it, at once when somebody does again. */
export function PageRefresher({ everyMs }: { readonly everyMs: number }) {
  const router = useRouter();
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
