'use client';

import { useEffect, useRef, useState } from 'react';

import { LiveConnection } from './live-connection';
import type { LiveTopic } from './live-topics';

let connection: LiveConnection | undefined;

function ofThisTab(): LiveConnection {
  connection ??= new LiveConnection({
    open: (path) => new EventSource(path),
    isHidden: () => document.hidden,
    onVisibility: (look) => document.addEventListener('visibilitychange', look),
  });
  return connection;
}

/**
 * Hears of a topic while the component is there; undefined joins nothing. Answers whether it hears at all: where it does
 * not, the component looks by itself. An event is a hint or a piece; what a query answers is the truth.
 */
export function useLive(topic: LiveTopic, id: string | undefined, onEvent: (value: unknown) => void, after?: () => string | number): boolean {
  const [isLive, setLive] = useState(false);
  const latest = useRef({ onEvent, after });
  latest.current = { onEvent, after };
  useEffect(() => {
    if (id === undefined) return undefined;
    const leave = ofThisTab().join(topic, id, latest.current.after?.(), {
      onEvent: (value) => latest.current.onEvent(value),
      onState: setLive,
    });
    return () => {
      leave();
      setLive(false);
    };
  }, [topic, id]);
  return isLive;
}
