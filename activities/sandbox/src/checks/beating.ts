import type { SandboxDeps } from './check-deps.js';

/**
 * Beats while the work goes on, and with `isAlive` only while what does the work is alive: a worker that waits for a
 * container that is gone falls silent and is replaced. Cancellation reaches an activity only in answer to a beat.
 */
export async function whileBeating<T>(
  deps: Pick<SandboxDeps, 'heartbeat' | 'limits'>,
  step: string,
  work: () => Promise<T>,
  isAlive: () => Promise<boolean> = async () => true,
): Promise<T> {
  let isAsking = false;
  const beat = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    if (await isAlive()) deps.heartbeat({ step });
    isAsking = false;
  };
  deps.heartbeat({ step });
  const timer = setInterval(() => void beat().catch(() => undefined), deps.limits.heartbeatMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
