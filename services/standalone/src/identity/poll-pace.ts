import { createHash } from 'node:crypto';

const FORGET_MS = 15 * 60_000;
/** A timer of the other side is not exact. */
const GRACE_MS = 500;

/** Whether a device code is asked about more often than was agreed; each time it is, the interval grows as RFC 8628 says. */
export class PollPace {
  private readonly asked = new Map<string, { at: number; intervalMs: number }>();

  constructor(
    private readonly intervalSeconds: number,
    private readonly now: () => number = Date.now,
  ) {}

  isTooFast(deviceCode: string): boolean {
    const at = this.now();
    for (const [key, { at: last }] of this.asked) if (at - last > FORGET_MS) this.asked.delete(key);
    const key = createHash('sha256').update(deviceCode).digest('base64url');
    const before = this.asked.get(key);
    const step = this.intervalSeconds * 1000;
    const isTooFast = before !== undefined && at - before.at < before.intervalMs - GRACE_MS;
    this.asked.set(key, { at, intervalMs: (before?.intervalMs ?? step) + (isTooFast ? step : 0) });
    return isTooFast;
  }
}
