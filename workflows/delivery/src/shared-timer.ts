import type { StageDeps } from './stage.js';

type Timer = { readonly at: number; fired: boolean };

/**
 * Waits with a limit that reuses the timer left by an earlier wait where it fires soon enough: a wait that ended early
 * then costs no cancelled and no second timer in history. So it may answer false before its time: the caller looks at
 * the clock and waits again.
 */
export function sharedTimer(
  now: () => number,
  sleep: (ms: number) => Promise<void>,
  condition: (ready: () => boolean) => Promise<void>,
): StageDeps['waitUntil'] {
  let pending: Timer | undefined;
  return async (ready, timeoutMs) => {
    if (timeoutMs === undefined) {
      await condition(ready);
      return true;
    }
    if (ready()) return true;
    const at = now() + timeoutMs;
    if (!pending || pending.fired || pending.at > at) {
      const timer: Timer = { at, fired: false };
      pending = timer;
      void sleep(timeoutMs).then(() => {
        timer.fired = true;
      });
    }
    const timer = pending;
    await condition(() => ready() || timer.fired);
    return ready();
  };
}
