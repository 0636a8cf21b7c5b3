'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useRef, useState } from 'react';

import type { RequestPulseQuery as Pulse } from '../../graphql/generated/graphql';
import { query } from '../gateway/call';
import { useLive } from '../live/use-live';
import { RequestPulseQuery } from './request.query';
import { isEnded } from './request-state';

const POLL_MS = 2000;
const ENDED_MS = 15_000;
/** While changes are heard of: for one that was not. */
const LIVE_MS = 15_000;
const HIDDEN_MS = 20_000;
const MAX_BACK_OFF_MS = 30_000;

type Beat = Pulse['request'];

/** The same text for the page's data and for a beat, where nothing changed. */
function textOf(beat: Beat): string {
  const { state, paused, superseded, updatedAt, needsMe, waitingFor, checks } = beat;
  return JSON.stringify([
    [state, paused, superseded, updatedAt, needsMe, waitingFor, checks, beat.budget.exceeded],
    beat.comments.map(({ id, text }) => [id, text]),
    beat.events.map(({ seq }) => seq),
    beat.stages.map((stage) => [stage.name, stage.state, stage.attempts]),
    beat.gates.map((gate) => [gate.name, gate.state, gate.revision, gate.digest, gate.approvals, gate.mayDecide, gate.decisions.map(({ id, status }) => [id, status])]),
  ]);
}

/** Renders the page again when the request has changed. Returns what is wrong while it cannot be asked. */
export function usePulse(id: string, current: Beat): string | undefined {
  const router = useRouter();
  const [problem, setProblem] = useState<string>();
  const latest = useRef(current);
  latest.current = current;
  const beatNow = useRef<() => void>(() => undefined);
  const isHeard = useRef(false);
  const isLive = useLive('request', id, () => beatNow.current());
  useEffect(() => {
    // What happens from here on is not heard of: the next look is near again.
    if (isHeard.current && !isLive) beatNow.current();
    isHeard.current = isLive;
  }, [isLive]);
  useEffect(() => {
    let isOver = false;
    let failures = 0;
    let isBeating = false;
    let isAskedAgain = false;
    let timer: ReturnType<typeof setTimeout>;
    const delay = (): number => {
      if (failures > 0) return Math.min(MAX_BACK_OFF_MS, POLL_MS * 2 ** failures) * (0.75 + Math.random() / 2);
      if (document.hidden) return HIDDEN_MS;
      if (isEnded(latest.current.state)) return ENDED_MS;
      return isHeard.current ? LIVE_MS : POLL_MS;
    };
    const beat = async (): Promise<void> => {
      isBeating = true;
      const answer = await query(RequestPulseQuery, { id });
      isBeating = false;
      if (isOver) return;
      failures = answer.ok ? 0 : failures + 1;
      setProblem(answer.ok ? undefined : answer.failure.message);
      if (answer.ok && textOf(answer.data.request) !== textOf(latest.current)) router.refresh();
      if (isAskedAgain) beatNow.current();
      else plan();
    };
    const plan = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => void beat(), delay());
    };
    beatNow.current = () => {
      clearTimeout(timer);
      // What is being asked may be from before what was heard of.
      isAskedAgain = isBeating;
      if (!isBeating) void beat();
    };
    const onVisibility = (): void => {
      if (!document.hidden) beatNow.current();
    };
    plan();
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }, [id, router]);
  return problem;
}
