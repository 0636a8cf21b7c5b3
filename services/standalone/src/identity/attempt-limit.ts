const FREE_ATTEMPTS = 5;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 5 * 60_000;
const FORGET_AFTER_MS = 15 * 60_000;

type Record = { failures: number; lastAt: number };

/**
 * Slows down guessing: after five wrong passwords for one name each further try waits longer, from 5 s to 5 min. An
 * attempt counts as wrong until it is told otherwise, so that a hundred at once gain nothing.
 */
export class AttemptLimit {
  private readonly records = new Map<string, Record>();

  constructor(private readonly now: () => number = Date.now) {}

  /** Takes one attempt; returns how many milliseconds to wait where none is left, else 0. */
  take(name: string): number {
    const at = this.now();
    this.forget(at);
    const record = this.records.get(name) ?? { failures: 0, lastAt: at };
    const waitMs = record.lastAt + waitAfter(record.failures) - at;
    if (record.failures >= FREE_ATTEMPTS && waitMs > 0) return waitMs;
    this.records.set(name, { failures: record.failures + 1, lastAt: at });
    return 0;
  }

  succeeded(name: string): void {
    this.records.delete(name);
  }

  private forget(at: number): void {
    for (const [name, { lastAt }] of this.records) {
      if (at - lastAt > FORGET_AFTER_MS) this.records.delete(name);
    }
  }
}

const waitAfter = (failures: number): number =>
  Math.min(FIRST_WAIT_MS * 2 ** Math.max(0, failures - FREE_ATTEMPTS), LONGEST_WAIT_MS);
