'use client';

import { useEffect, useState } from 'react';

import { durationText } from './duration';

const TICK_MS = 15_000;

function absolute(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
}

function useNow(): number | undefined {
  const [now, setNow] = useState<number>();
  useEffect(() => {
    const tick = (): void => setNow(Date.now());
    tick();
    const timer = setInterval(tick, TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** A moment: relative to read, absolute in the reader's zone on hover. Before the browser knows its zone, UTC. */
export function When({ at }: { readonly at: string }) {
  const now = useNow();
  const ms = now === undefined ? 0 : now - Date.parse(at);
  const relative = Math.abs(ms) < 5000 ? 'just now' : ms > 0 ? `${durationText(ms).replace(/ \d+ s$/, '')} ago` : `in ${durationText(-ms)}`;
  return (
    <time dateTime={at} title={now === undefined ? absolute(at) : new Date(at).toLocaleString()} className="whitespace-nowrap">
      {now === undefined ? absolute(at) : relative}
    </time>
  );
}

/** How long something took, or has been taking. */
export function Took({ from, to }: { readonly from: string; readonly to: string | null | undefined }) {
  const now = useNow();
  const end = to ? Date.parse(to) : now;
  if (end === undefined) return null;
  return <span className="whitespace-nowrap">{durationText(end - Date.parse(from))}</span>;
}
