'use client';

import { useEffect, useRef, useState } from 'react';

import { query } from '../gateway/call';
import { Button } from '../form/button';
import { visibleProse } from '../text/visible';
import { LogQuery } from './log.query';

const POLL_MS = 2000;
const MAX_CHARS = 400_000;
const NEAR_END_PX = 40;

type Log = { readonly text: string; readonly next: number; readonly ended: boolean; readonly isCut: boolean; readonly problem?: string };
const EMPTY: Log = { text: '', next: 0, ended: false, isCut: false };

function useLog(requestId: string, isActive: boolean): Log {
  const [log, setLog] = useState(EMPTY);
  const next = useRef(0);
  useEffect(() => {
    if (!isActive) return undefined;
    let isOver = false;
    let timer: ReturnType<typeof setTimeout>;
    const poll = async (): Promise<void> => {
      const answer = document.hidden ? undefined : await query(LogQuery, { id: requestId, after: next.current });
      if (isOver) return;
      if (answer?.ok) {
        const piece = answer.data.log;
        const hasMore = piece.text !== '' && piece.next > next.current;
        next.current = piece.next;
        setLog(({ text, isCut }) => {
          const all = text + piece.text;
          return { text: all.slice(-MAX_CHARS), next: piece.next, ended: piece.ended, isCut: isCut || all.length > MAX_CHARS };
        });
        if (piece.ended && !hasMore) return;
        timer = setTimeout(() => void poll(), hasMore ? 0 : POLL_MS);
        return;
      }
      if (answer) setLog((log) => ({ ...log, problem: answer.failure.message }));
      timer = setTimeout(() => void poll(), POLL_MS * 2);
    };
    void poll();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [requestId, isActive]);
  return log;
}

/** Follows the end until the reader scrolls up, and says how to follow again. */
export function LogPanel({ requestId, isRunning }: { readonly requestId: string; readonly isRunning: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const [isFollowing, setFollowing] = useState(true);
  const { text, ended, isCut, problem } = useLog(requestId, isOpen);
  const box = useRef<HTMLPreElement>(null);
  useEffect(() => {
    if (isFollowing && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text, isFollowing]);
  return (
    <details className="panel" onToggle={(event) => setOpen(event.currentTarget.open)} data-testid="log">
      <summary className="text-14">Log{isRunning ? ' (still being written)' : ''}</summary>
      {isOpen ? (
        <div className="mt-3 grid gap-2">
          {isCut ? <p className="text-13 text-muted">Only the end is kept here. The whole log: <code>npx --no-install countersign logs {requestId}</code></p> : null}
          {problem && !text ? <p className="text-13 text-refused">{problem}</p> : null}
          <pre
            ref={box}
            role="log"
            aria-live="off"
            aria-label="Log"
            tabIndex={0}
            className="code-block max-h-96 overflow-y-auto whitespace-pre-wrap [overflow-wrap:anywhere]"
            onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => setFollowing(scrollHeight - scrollTop - clientHeight < NEAR_END_PX)}
          >
            {text ? visibleProse(text) : 'Nothing yet.'}
          </pre>
          <p className="flex items-center gap-3 text-13 text-muted">
            {ended ? 'The log has ended.' : isFollowing ? 'Following the end.' : <Button onClick={() => setFollowing(true)}>Jump to the latest</Button>}
          </p>
        </div>
      ) : null}
    </details>
  );
}
