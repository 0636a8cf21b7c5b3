import type { Logger } from '@countersign/platform';

import type { CheckpointKeeper } from './checkpoint-keeper.port.js';

type Note = { readonly origin: string; readonly size: number; readonly note: string };

const MOST_WAITING = 10_000;
const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 10_000;

/** Hands checkpoints to their keeper after the commit, in order, again and again while it cannot take them. */
export class KeptNotes {
  private readonly waiting: Note[] = [];
  private running: Promise<void> = Promise.resolve();
  private isRunning = false;
  private wake: (() => void) | undefined;
  private isClosed = false;

  constructor(
    private readonly keeper: CheckpointKeeper,
    private readonly logger: Logger,
  ) {}

  add(...notes: readonly Note[]): void {
    this.waiting.push(...notes);
    // The newest ones say the most.
    this.waiting.splice(0, this.waiting.length - MOST_WAITING);
    if (this.isClosed || this.isRunning) return;
    this.isRunning = true;
    this.running = this.run();
  }

  /** Tries what waits once more, then lets go of it: the next start finds it in the database. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.wake?.();
    await this.running;
  }

  private async run(): Promise<void> {
    let failures = 0;
    for (let next = this.waiting[0]; next && !(this.isClosed && failures > 0); next = this.waiting[0]) {
      try {
        await this.keeper.keep(next.origin, next.size, next.note);
        if (this.waiting[0] === next) this.waiting.shift();
        failures = 0;
      } catch (error) {
        failures += 1;
        this.logger.warn({ err: error, origin: next.origin, size: next.size }, 'a checkpoint could not be kept; it is tried again');
        if (!this.isClosed) await this.pause(Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures, 8)));
      }
    }
    this.isRunning = false;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
