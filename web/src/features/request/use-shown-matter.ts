'use client';

import { useState } from 'react';

import { afterAsking, afterShowing, beginReading, mustHold, readBefore } from './reading';
import type { Matter } from './request-view';

/** Polls bring newer subjects; the one under the reader's eyes, and under the button, stays until they load the other. */
export function useShownMatter(fresh: Matter, ownDigest: string | undefined) {
  const [reading, setReading] = useState(() => beginReading(fresh));
  const isHeld = mustHold(reading, fresh, ownDigest);
  const next = isHeld ? reading : afterShowing(reading, fresh);
  if (next !== reading) setReading(next);
  return {
    shown: isHeld ? reading.matter : fresh,
    isHeld,
    before: isHeld ? undefined : readBefore(reading, fresh),
    load: () => setReading(afterAsking(reading, fresh, isHeld)),
  };
}
