import { randomBytes } from 'node:crypto';

import type { LiveHint } from './live-hint.js';

export type Feed = { readonly cursor: string; readonly reset: boolean; readonly hints: LiveHint[] };

/** Enough for seconds of a busy installation: who comes later than that reads everything anew. */
const KEPT = 2_000;

const keyOf = ({ tenantId, requestId, kind }: LiveHint): string => `${kind} ${tenantId} ${requestId}`;

/**
 * The latest hints of this process, in the order in which Postgres delivered them: the order of commits. A cursor is
 * good for one epoch; a new epoch begins whenever hints may have been missed, and an old cursor is then told `reset`.
 */
export class LiveHub {
  private epoch = newEpoch();
  private first = 0;
  private hints: LiveHint[] = [];
  private waiting = new Set<() => void>();
  private isClosed = false;

  publish(hint: LiveHint): void {
    this.hints.push(hint);
    const over = this.hints.length - KEPT;
    if (over > 0) {
      this.hints.splice(0, over);
      this.first += over;
    }
    this.wake();
  }

  /** Hints may have been missed. */
  reset(): void {
    this.epoch = newEpoch();
    this.first = 0;
    this.hints = [];
    this.wake();
  }

  async feed(after: string | null, waitMs: number): Promise<Feed> {
    const now = this.since(after);
    if (now.reset || now.hints.length > 0 || this.isClosed || waitMs === 0) return now;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.waiting.delete(end);
        resolve();
      };
      const timer = setTimeout(end, waitMs);
      this.waiting.add(end);
    });
    return this.since(after);
  }

  /** Answers everybody who waits, now and from now on. */
  close(): void {
    this.isClosed = true;
    this.wake();
  }

  private wake(): void {
    for (const end of [...this.waiting]) end();
  }

  private since(after: string | null): Feed {
    const end = this.first + this.hints.length;
    const cursor = `${this.epoch}.${end}`;
    const [epoch, at] = (after ?? '').split('.');
    const from = Number(at);
    const isKnown = epoch === this.epoch && Number.isSafeInteger(from) && from >= this.first && from <= end;
    if (!isKnown) return { cursor, reset: true, hints: [] };
    const fresh = new Map(this.hints.slice(from - this.first).map((hint) => [keyOf(hint), hint]));
    return { cursor, reset: false, hints: [...fresh.values()] };
  }
}

function newEpoch(): string {
  return randomBytes(6).toString('hex');
}
