'use client';

import { useEffect, useRef, useState } from 'react';

import { Button } from '../form/button';
import { visibleProse } from '../text/visible';
import { useLog } from './use-log';

const NEAR_END_PX = 40;

/** Follows the end until the reader scrolls up, and says how to follow again. */
export function LogPanel({ requestId, isRunning }: { readonly requestId: string; readonly isRunning: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const [isFollowing, setFollowing] = useState(true);
  const [isPaused, setPaused] = useState(false);
  const { text, ended, isCut, problem } = useLog(requestId, isOpen && !isPaused);
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
            {ended ? 'The log has ended.' : isPaused ? 'Paused.' : isFollowing ? 'Following the end.' : null}
            {ended ? null : <Button aria-pressed={isPaused} data-testid="log-pause" onClick={() => setPaused(!isPaused)}>{isPaused ? 'Go on' : 'Pause'}</Button>}
            {isFollowing ? null : <Button data-testid="log-end" onClick={() => setFollowing(true)}>Jump to the latest</Button>}
          </p>
        </div>
      ) : null}
    </details>
  );
}
