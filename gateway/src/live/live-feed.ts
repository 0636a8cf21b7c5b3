import type { requestsRpc, RpcInput, RpcOutput } from '@countersign/contracts';
import type { Logger } from '@countersign/platform';

export type FeedAnswer = RpcOutput<typeof requestsRpc, 'live.feed'>;
export type LiveHint = FeedAnswer['hints'][number];

/** Where hints come from: services/requests, asked as the gateway itself. */
export interface LiveSource {
  feed(input: RpcInput<typeof requestsRpc, 'live.feed'>): Promise<FeedAnswer>;
}

/** Who waits for something to look at. A hint that comes while it is looking is not lost. */
export class LiveWaiter {
  private isDue = false;
  private wake: (() => void) | undefined;

  notify(): void {
    this.isDue = true;
    this.wake?.();
  }

  /** Until there is a hint, `maxMs` is over or the signal aborts. */
  async next(maxMs: number, signal: AbortSignal): Promise<void> {
    if (!this.isDue && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, maxMs);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener('abort', this.wake, { once: true });
      });
      if (this.wake) signal.removeEventListener('abort', this.wake);
      this.wake = undefined;
    }
    this.isDue = false;
  }
}

const WAIT_MS = 20_000;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 2_000;

/** One long poll for all who wait; it runs while anybody does. */
export class LiveFeed {
  private readonly waiters = new Map<LiveWaiter, (hint: LiveHint) => boolean>();
  private isRunning = false;
  private isClosed = false;

  constructor(
    private readonly source: LiveSource,
    private readonly logger: Logger,
  ) {}

  /** The waiter is woken once as soon as the feed is there: what happened before that is in what it then reads. */
  join(matches: (hint: LiveHint) => boolean): LiveWaiter {
    const waiter = new LiveWaiter();
    this.waiters.set(waiter, matches);
    if (!this.isRunning && !this.isClosed) void this.run();
    return waiter;
  }

  leave(waiter: LiveWaiter): void {
    this.waiters.delete(waiter);
  }

  close(): void {
    this.isClosed = true;
    this.waiters.clear();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    let after: string | null = null;
    let failures = 0;
    while (this.waiters.size > 0) {
      try {
        const answer: FeedAnswer = await this.source.feed({ after, waitMs: WAIT_MS });
        failures = 0;
        after = answer.cursor;
        this.tell(answer);
      } catch (error) {
        if (failures === 0) this.logger.debug({ err: error }, 'changes cannot be heard of now; subscribers look by themselves');
        await new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures, 10))));
        failures += 1;
      }
    }
    this.isRunning = false;
  }

  private tell({ reset, hints }: FeedAnswer): void {
    for (const [waiter, matches] of this.waiters) {
      if (reset || hints.some(matches)) waiter.notify();
    }
  }
}
