import { AppError, ERRORS } from '@countersign/domain';
import { type Logger, withServerOptions } from '@countersign/platform';
import pg from 'pg';

import { AuditSourceRepository } from './audit-source.repository.js';
import { readNote } from './checkpoint-note.js';
import { Integrator, type IntegratorDeps, MAX_BATCH } from './integrator.js';
import type { KeptNotes } from './kept-notes.js';
import { LogFault } from './log-fault.js';
import { LogRepository } from './log.repository.js';

export type SequencerDeps = IntegratorDeps & {
  /** The log's own role. */
  readonly url: string;
  readonly sources: readonly string[];
  readonly notes: KeptNotes;
  /** What exactly is wrong, written as incidents; called where a batch found that something is. */
  readonly examine: (tenantId: string) => Promise<unknown>;
  readonly logger: Logger;
};

const ROUND_MS = 250;
/**
 * What a nudge waits for others: a batch costs a signature and a dozen queries, and whoever appends must not pay for one
 * each time. With a round's own length it stays far below the second within which an entry is integrated.
 */
const GATHER_MS = 200;
const STANDBY_MS = 250;
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 5_000;
const TENANT_BACKOFF_MS = 1_000;
const STATEMENT_MS = 30_000;
const LOCK = `hashtextextended('countersign:log:sequencer', 0)`;

/**
 * The only one who appends to logs. Several may be started; one holds the lock of its connection and works on that very
 * connection, so that whoever loses the lock can write nothing more, and the others stand by.
 */
export class LogSequencer {
  private running: Promise<void> | undefined;
  private wake: (() => void) | undefined;
  private isAsked = false;
  private isAwaited = false;
  private isClosed = false;
  private leading = false;
  private readonly notBefore = new Map<string, number>();

  constructor(private readonly deps: SequencerDeps) {}

  get isLeading(): boolean {
    return this.leading;
  }

  /** Returns at once; a database that is away is tried again until `close`. */
  start(): void {
    this.running ??= this.run();
  }

  /** Something was committed: it is integrated with what else comes in the next 200 ms. Returns at once. */
  nudge(): void {
    if (this.isAsked) return;
    this.isAsked = true;
    if (this.leading) this.wake?.();
  }

  /** Somebody waits for what was committed: the next round does not wait for others. Returns at once. */
  hurry(): void {
    this.isAsked = true;
    this.isAwaited = true;
    if (this.leading) this.wake?.();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.wake?.();
    await this.running;
  }

  private async run(): Promise<void> {
    for (let failures = 0; !this.isClosed; ) {
      const client = this.connection();
      try {
        await client.connect();
        if (await this.haveLock(client)) {
          failures = 0;
          await this.lead(client);
        }
      } catch (error) {
        failures += 1;
        this.deps.logger.warn({ err: error }, 'the log is not integrated at the moment; it is tried again');
      } finally {
        this.leading = false;
        await client.end().catch(() => undefined);
      }
      if (failures > 0) await this.pause(Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures, 6)));
    }
  }

  private connection(): pg.Client {
    const client = new pg.Client({
      connectionString: withServerOptions(this.deps.url, { search_path: 'log' }),
      application_name: 'countersign-log-sequencer',
      connectionTimeoutMillis: 5_000,
      statement_timeout: STATEMENT_MS,
      query_timeout: STATEMENT_MS + 5_000,
      idle_in_transaction_session_timeout: STATEMENT_MS,
      keepAlive: true,
    });
    // Without a listener a connection lost between two queries ends the process; the next query tells.
    client.on('error', () => this.wake?.());
    return client;
  }

  private async haveLock(client: pg.Client): Promise<boolean> {
    while (!this.isClosed) {
      const { rows } = await client.query<{ held: boolean }>(`SELECT pg_try_advisory_lock(${LOCK}) AS held`);
      if (rows[0]?.held) return true;
      await this.pause(STANDBY_MS);
    }
    return false;
  }

  private async lead(client: pg.Client): Promise<void> {
    this.leading = true;
    const { sources } = this.deps;
    let integrator = await this.integrator(client);
    await this.keepMissing(client);
    while (!this.isClosed) {
      if (this.isAsked && !this.isAwaited) await this.pause(GATHER_MS);
      this.isAsked = false;
      this.isAwaited = false;
      if (integrator.sources.length < sources.length) {
        const available = await AuditSourceRepository.available(client, sources);
        if (available.length > integrator.sources.length) integrator = new Integrator(client, this.deps, available);
      }
      const isMore = await this.round(client, integrator);
      if (!isMore && !this.isAsked) await this.pause(ROUND_MS);
    }
  }

  private async integrator(client: pg.Client): Promise<Integrator> {
    return new Integrator(client, this.deps, await AuditSourceRepository.available(client, this.deps.sources));
  }

  /** One batch for each tenant that has entries. @returns whether one was full, so that there is more. */
  private async round(client: pg.Client, integrator: Integrator): Promise<boolean> {
    let isMore = false;
    for (const tenantId of await integrator.waiting()) {
      if (this.isClosed) return false;
      if ((this.notBefore.get(tenantId) ?? 0) > Date.now()) continue;
      try {
        const batch = await integrator.batch(tenantId);
        this.notBefore.delete(tenantId);
        if (!batch) continue;
        isMore ||= batch.entries >= MAX_BATCH;
        this.deps.notes.add({ origin: batch.origin, size: batch.checkpoint.size, note: batch.checkpoint.note });
      } catch (error) {
        if (error instanceof LogFault) await this.stop(client, tenantId, error);
        else await this.postpone(client, tenantId, error);
      }
    }
    return isMore;
  }

  private async stop(client: pg.Client, tenantId: string, { finding }: LogFault): Promise<void> {
    const { examine, logger, clock } = this.deps;
    logger.error({ tenant: tenantId, ...finding }, 'the transparency log is broken; nothing is appended to it until it is recovered');
    // It names the entry where it can; the fault itself is written in any case.
    await examine(tenantId).catch((error: unknown) => logger.error({ err: error, tenant: tenantId }, 'the broken log could not be examined'));
    const log = new LogRepository(client);
    const n = (await log.trees(tenantId)).at(-1)?.n;
    if (n !== undefined) await log.insertIncident(tenantId, n, finding, clock());
  }

  /** One tenant's trouble is not another's; a lost connection is everybody's. */
  private async postpone(client: pg.Client, tenantId: string, error: unknown): Promise<void> {
    await client.query('SELECT 1');
    this.notBefore.set(tenantId, Date.now() + TENANT_BACKOFF_MS);
    const isExpected = error instanceof AppError && ERRORS[error.code].retry;
    this.deps.logger[isExpected ? 'warn' : 'error']({ err: error, tenant: tenantId }, 'entries could not be integrated; it is tried again');
  }

  /** What the process before this one signed and had no time to keep. */
  private async keepMissing(client: pg.Client): Promise<void> {
    const { keeper, keys, notes, logger } = this.deps;
    const log = new LogRepository(client);
    try {
      for (const tenantId of await log.tenants()) {
        const tree = (await log.trees(tenantId)).at(-1);
        if (!tree) continue;
        const kept = await keeper.newest(tree.origin);
        const missing = await log.checkpointsWithin(tenantId, tree.n, kept?.size ?? 0, Number.MAX_SAFE_INTEGER);
        const genuine = missing.filter(({ note }) => readNote(note, tree.origin, keys.list));
        notes.add(...genuine.map(({ size, note }) => ({ origin: tree.origin, size, note })));
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      logger.warn({ err: error }, 'earlier checkpoints could not be compared with those kept');
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.isClosed) return resolve();
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
