'use client';

import { useEffect, useRef, useState } from 'react';

import { query } from '../gateway/call';
import { useLive } from '../live/use-live';
import { LogQuery } from './log.query';
import { appended, EMPTY_LOG, type Log, type LogChunk } from './log-text';

const POLL_MS = 2000;
/** While pieces are heard of: for one that was not. */
const LIVE_MS = 15_000;

/** The log from its beginning, then as it grows: by pieces where they are heard of, else by looking for more. */
export function useLog(requestId: string, isActive: boolean): Log {
  const [log, setLog] = useState(EMPTY_LOG);
  const next = useRef(0);
  const look = useRef<() => void>(() => undefined);
  /** The beginning, which may be long, is asked for; only what is written from then on is listened to. */
  const [isCaughtUp, setCaughtUp] = useState(false);
  const isHeard = useRef(false);

  const add = (chunk: LogChunk): void => {
    next.current = chunk.next;
    setLog((before) => appended(before, chunk));
  };
  const hear = (chunk: LogChunk): void => {
    if (chunk.offset === next.current) add(chunk);
    else if (chunk.next > next.current) look.current();
  };
  const isListening = isActive && isCaughtUp && !log.ended;
  const isLive = useLive('log', isListening ? requestId : undefined, (value) => hear(value as LogChunk), () => next.current);
  useEffect(() => {
    if (isHeard.current && !isLive) look.current();
    isHeard.current = isLive;
  }, [isLive]);

  useEffect(() => {
    if (!isActive) return undefined;
    let isOver = false;
    let isAsking = false;
    let timer: ReturnType<typeof setTimeout>;
    const plan = (ms: number): void => {
      clearTimeout(timer);
      timer = setTimeout(() => void poll(), ms);
    };
    const poll = async (): Promise<void> => {
      if (isAsking) return;
      isAsking = true;
      const offset = next.current;
      const answer = document.hidden ? undefined : await query(LogQuery, { id: requestId, after: offset });
      isAsking = false;
      if (isOver) return;
      if (!answer?.ok) {
        if (answer) setLog((before) => ({ ...before, problem: answer.failure.message }));
        return plan(POLL_MS * 2);
      }
      const piece = answer.data.log;
      const hasMore = piece.text !== '' && piece.next > offset;
      // A piece may have been heard of meanwhile: what is shown is then further on already.
      if (offset === next.current) add({ offset, ...piece });
      if (piece.ended && !hasMore) return undefined;
      if (!hasMore) setCaughtUp(true);
      return plan(hasMore ? 0 : isHeard.current ? LIVE_MS : POLL_MS);
    };
    look.current = () => plan(0);
    void poll();
    return () => {
      isOver = true;
      clearTimeout(timer);
      setCaughtUp(false);
    };
  }, [requestId, isActive]);
  return log;
}
