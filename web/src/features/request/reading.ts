import type { Matter } from './request-view';

/** What a reader has in front of them, apart from what the poller has brought since. */
export type Reading = {
  /** The last matter that was shown with its gate open. */
  readonly matter: Matter;
  /** The reader has seen its gate closed since. */
  readonly sawClosed: boolean;
  /** What the reader had read before they asked for the newer one. */
  readonly before: Matter | undefined;
  /** The reader asked for what is open now before the page knew it: the next one that comes is shown. */
  readonly isAskedFor: boolean;
};

const isOpen = (matter: Matter): boolean => matter.gate?.state === 'open';
const isSameSubject = (a: Matter, b: Matter): boolean => a.gate?.name === b.gate?.name && a.gate?.digest === b.gate?.digest;

export function beginReading(matter: Matter): Reading {
  return { matter, sawClosed: false, before: undefined, isAskedFor: false };
}

/**
 * Whether `fresh` must not take the place of what is being read without being asked for: it would change what the button
 * under the reader's hand decides on. `ownDigest` is what the reader decided on: the next gate follows from it.
 */
export function mustHold({ matter, sawClosed, isAskedFor }: Reading, fresh: Matter, ownDigest: string | undefined): boolean {
  if (isAskedFor || !isOpen(fresh) || !isOpen(matter) || isSameSubject(matter, fresh)) return false;
  if (fresh.gate?.name === matter.gate?.name) return true;
  return !sawClosed && matter.gate?.digest !== ownDigest;
}

/** The reading after `fresh` was shown; the same object where nothing changes. */
export function afterShowing(reading: Reading, fresh: Matter): Reading {
  if (reading.matter === fresh) return reading;
  if (!isOpen(fresh)) return reading.sawClosed ? reading : { ...reading, sawClosed: true };
  const isSame = isSameSubject(reading.matter, fresh);
  const before = isSame ? reading.before : reading.isAskedFor ? reading.matter : undefined;
  return { matter: fresh, sawClosed: false, before, isAskedFor: reading.isAskedFor && isSame };
}

export function afterAsking(reading: Reading, fresh: Matter, isHeld: boolean): Reading {
  return isHeld ? { ...beginReading(fresh), before: reading.matter } : { ...reading, isAskedFor: true };
}

/** What to compare with what is shown, once the reader has asked for the newer one. */
export function readBefore({ before }: Reading, fresh: Matter): Matter | undefined {
  return isOpen(fresh) ? before : undefined;
}
