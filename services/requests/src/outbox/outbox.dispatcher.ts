import { AppError, ERRORS } from '@countersign/domain';
import { isUnavailable, type Logger } from '@countersign/platform';

import type { RecordsStore } from '../database/records-store.repository.js';
import type { Clock } from '../lifecycle/fence.js';
import type { Delivery } from './delivery.js';
import type { OutboxEntity } from './outbox.entity.js';

const BATCH = 20;
/** Longer than any delivery takes: a dispatcher that dies leaves its rows to the next after this. */
const LEASE_MS = 20_000;
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 10_000;

export type OutboxDispatcherOptions = { readonly intervalMs: number; readonly deadlineMs: number };

/** Delivers what is due, every second and at each nudge, for ever: an outage only makes it later. */
export class OutboxDispatcher {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | undefined;
  private isAskedAgain = false;
  private isClosed = false;

  constructor(
    private readonly store: RecordsStore,
    private readonly delivery: Delivery,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly options: OutboxDispatcherOptions,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.nudge(), this.options.intervalMs);
  }

  /** Something was written. Returns at once. */
  nudge(): void {
    if (this.isClosed) return;
    if (this.round) this.isAskedAgain = true;
    else this.round = this.run();
  }

  /** Delivers everything due now; for tests and shutdown. */
  async drain(): Promise<void> {
    this.nudge();
    while (this.round) await this.round;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.timer);
    await this.round;
  }

  private async run(): Promise<void> {
    try {
      let claimed: number;
      do {
        this.isAskedAgain = false;
        claimed = await this.deliverDue();
      } while (!this.isClosed && (this.isAskedAgain || claimed === BATCH));
    } catch (error) {
      const level = isUnavailable(error) ? 'debug' : 'error';
      this.logger[level]({ err: error }, 'the outbox could not be read; it is tried again');
    } finally {
      this.round = undefined;
    }
  }

  private async deliverDue(): Promise<number> {
    const items = await this.store.read.outbox.claim(BATCH, LEASE_MS, this.clock());
    const byRequest = Map.groupBy(items, ({ requestId }) => requestId);
    await Promise.all([...byRequest.values()].map((ofOne) => this.deliverInOrder(ofOne)));
    return items.length;
  }

  /** What one request is told keeps its order; requests do not wait for each other. */
  private async deliverInOrder(items: readonly OutboxEntity[]): Promise<void> {
    for (const item of items) await this.deliver(item);
  }

  private async deliver(item: OutboxEntity): Promise<void> {
    let isPending = true;
    try {
      isPending = (await this.delivery.deliver(item, this.options.deadlineMs)).kind === 'pending';
    } catch (error) {
      const expected = error instanceof AppError && ERRORS[error.code].retry;
      this.logger[expected ? 'debug' : 'error']({ err: error, outbox: item.id, kind: item.kind }, 'a delivery failed; it is tried again');
    }
    if (!isPending) return;
    const backOffMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(item.attempts, 10));
    await this.store.read.outbox
      .retryAt(item.id, new Date(this.clock().getTime() + backOffMs))
      .catch((error: unknown) => this.logger.debug({ err: error }, 'the lease runs out instead'));
  }
}
