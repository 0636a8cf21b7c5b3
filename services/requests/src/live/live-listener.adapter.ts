import type { Logger } from '@countersign/platform';
import pg from 'pg';

import { hintOf, LIVE_CHANNEL } from './live-hint.js';
import type { LiveHub } from './live-hub.js';

export type LiveListenerOptions = { readonly url: string; readonly logger: Logger; readonly checkEveryMs?: number };

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 3_000;
const CHECK_EVERY_MS = 5_000;
const ANSWER_MS = 5_000;

/** Brings what Postgres announces to the hub, over a connection of its own: a pool may not hold a LISTEN. */
export class LiveListenerAdapter {
  private client: pg.Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;
  private isClosed = false;
  private connecting: Promise<void> = Promise.resolve();

  constructor(
    private readonly hub: LiveHub,
    private readonly options: LiveListenerOptions,
  ) {}

  /** Never rejects: a database that is away is tried again until `close`. */
  start(): Promise<void> {
    this.connecting = this.connect();
    return this.connecting;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.connecting;
    clearTimeout(this.timer);
    await this.client?.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.options.url,
      application_name: 'countersign-requests-live',
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
      keepAlive: true,
    });
    client.on('notification', ({ payload }) => {
      const hint = hintOf(payload);
      if (hint) this.hub.publish(hint);
    });
    client.on('error', () => this.lost(client));
    client.on('end', () => this.lost(client));
    this.client = client;
    try {
      await client.connect();
      await client.query(`LISTEN ${LIVE_CHANNEL}`);
    } catch (error) {
      this.options.logger.debug({ err: error }, 'changes cannot be listened for; it is tried again');
      this.lost(client);
      return;
    }
    this.failures = 0;
    // Nobody knows what was announced while nobody listened.
    this.hub.reset();
    this.check(client);
  }

  /** A connection whose other end vanished says nothing by itself. */
  private check(client: pg.Client): void {
    if (this.isClosed || this.client !== client) return;
    this.timer = setTimeout(() => {
      client.query('SELECT 1').then(
        () => this.check(client),
        () => this.lost(client),
      );
    }, this.options.checkEveryMs ?? CHECK_EVERY_MS);
  }

  private lost(client: pg.Client): void {
    if (this.client !== client) return;
    this.client = undefined;
    clearTimeout(this.timer);
    void client.end().catch(() => undefined);
    if (this.isClosed) return;
    const waitMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(this.failures, 10));
    this.failures += 1;
    this.timer = setTimeout(() => void this.start(), waitMs);
  }
}
