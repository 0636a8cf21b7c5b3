import type { FeedAnswer, LiveHint, LiveSource } from '../src/live/live-feed.js';

/** Tells what the test tells it, as services/requests would; may be away. */
export class FakeLive implements LiveSource {
  isAway = false;
  polls = 0;
  private epoch = 1;
  private count = 0;
  private readonly hints: LiveHint[] = [];
  private waiting: (() => void)[] = [];

  async feed({ after }: { readonly after: string | null }): Promise<FeedAnswer> {
    this.polls += 1;
    if (this.isAway) throw new Error('away');
    const from = after?.startsWith(`${this.epoch}.`) ? Number(after.split('.')[1]) : undefined;
    if (from === this.count) await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.isAway) throw new Error('away');
    return { cursor: `${this.epoch}.${this.count}`, reset: from === undefined, hints: from === undefined ? [] : this.hints.slice(from) };
  }

  tell(requestId: string, kind: LiveHint['kind'] = 'request', tenantId = 'tenant-1'): void {
    this.hints.push({ tenantId, requestId, kind });
    this.count += 1;
    this.answerAll();
  }

  /** Another process answers: it knows no cursor of the one before. */
  restart(): void {
    this.isAway = false;
    this.epoch += 1;
  }

  close(): void {
    this.isAway = true;
    this.answerAll();
  }

  private answerAll(): void {
    for (const answer of this.waiting.splice(0)) answer();
  }
}
