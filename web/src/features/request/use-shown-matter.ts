'use client';

import { useState } from 'react';

import type { Matter } from './request-view';

type Reading = {
  /** The last matter with an open gate that the reader had in front of them. */
  readonly matter: Matter;
  /** The reader has seen its gate closed since. */
  readonly sawClosed: boolean;
  /** What the reader had read before they asked for the newer one. */
  readonly before: Matter | undefined;
};

const isOpen = (matter: Matter): boolean => matter.gate?.state === 'open';
const isSameSubject = (a: Matter, b: Matter): boolean => a.gate?.name === b.gate?.name && a.gate?.digest === b.gate?.digest;

/** Whether `fresh` must not take the place of what is being read without being asked for. */
function mustHold({ matter, sawClosed }: Reading, fresh: Matter, ownDigest: string | undefined): boolean {
  if (!isOpen(fresh) || !isOpen(matter) || isSameSubject(matter, fresh)) return false;
  if (fresh.gate?.name === matter.gate?.name) return true;
  return !sawClosed && matter.gate?.digest !== ownDigest;
}

/**
 * Polls bring newer subjects; the one under the reader's eyes, and under the button, stays until they load the other.
 * `ownDigest` is what the reader has decided on here: the next gate follows from it and surprises nobody.
 */
export function useShownMatter(fresh: Matter, ownDigest: string | undefined) {
  const [reading, setReading] = useState<Reading>({ matter: fresh, sawClosed: false, before: undefined });
  const isHeld = mustHold(reading, fresh, ownDigest);
  if (!isHeld && reading.matter !== fresh) {
    if (isOpen(fresh)) {
      const before = isSameSubject(reading.matter, fresh) ? reading.before : undefined;
      setReading({ matter: fresh, sawClosed: false, before });
    } else if (!reading.sawClosed) setReading({ ...reading, sawClosed: true });
  }
  return {
    shown: isHeld ? reading.matter : fresh,
    isHeld,
    before: !isHeld && isOpen(fresh) ? reading.before : undefined,
    load: () => setReading({ matter: fresh, sawClosed: false, before: isHeld ? reading.matter : reading.before }),
  };
}
