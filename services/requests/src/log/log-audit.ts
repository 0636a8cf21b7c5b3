import { AppError } from '@countersign/domain';
import { isUnavailable, type Logger } from '@countersign/platform';
import type pg from 'pg';

import { AuditSourceRepository } from './audit-source.repository.js';
import type { Examination, ExamineLog } from './examine-log.js';
import { type IntegratorDeps, keptNote } from './integrator.js';
import type { Finding } from './log-fault.js';
import { LogRepository } from './log.repository.js';
import { within } from './transaction.js';

export type LogAuditDeps = Pick<IntegratorDeps, 'keeper' | 'keys' | 'clock'> & {
  readonly pool: pg.Pool;
  readonly sources: readonly string[];
  readonly examine: ExamineLog;
  readonly logger: Logger;
  /** Of several processes only the one that integrates examines by itself. */
  readonly isLeading: () => boolean;
};

const SWEEP_MS = 10 * 60_000;
const FIRST_SWEEP_MS = 1_000;

/** Compares all that is stored with what was signed: at the start, every ten minutes and when asked. */
export class LogAudit {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | undefined;
  private isClosed = false;
  private isStarted = false;

  constructor(private readonly deps: LogAuditDeps) {}

  start(): void {
    this.schedule(FIRST_SWEEP_MS);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.sweeping;
  }

  /**
   * The whole of a tenant's current log. Whatever is wrong is written down, and from then on nothing is appended to it.
   *
   * @returns what is wrong, the most telling first; empty where nothing is.
   */
  async sweep(tenantId: string): Promise<readonly Finding[]> {
    const { pool, clock } = this.deps;
    const examination = await this.examine(tenantId);
    if (!examination || examination.findings.length === 0) return [];
    const log = new LogRepository(pool);
    for (const finding of examination.findings) await log.insertIncident(tenantId, examination.head.n, finding, clock());
    return examination.findings;
  }

  async examine(tenantId: string): Promise<Examination | undefined> {
    const { pool, sources, keys, examine } = this.deps;
    await keys.refresh();
    const client = await pool.connect();
    try {
      const available = await AuditSourceRepository.available(client, sources);
      const tree = (await new LogRepository(client).trees(tenantId)).at(-1);
      const against = { keys: keys.list, kept: tree && (await keptNote(this.deps, tree.origin)) };
      return await within(client, () => examine(client, tenantId, available, against), 'REPEATABLE READ READ ONLY');
    } finally {
      client.release();
    }
  }

  private schedule(ms: number): void {
    if (this.isClosed) return;
    this.timer = setTimeout(() => {
      this.sweeping = this.sweepAll().finally(() => {
        this.sweeping = undefined;
      });
    }, ms);
    this.timer.unref();
  }

  private async sweepAll(): Promise<void> {
    const { pool, isLeading, logger } = this.deps;
    const isMine = isLeading();
    try {
      for (const tenantId of isMine ? await new LogRepository(pool).tenants() : []) {
        if (this.isClosed) return;
        const [worst] = await this.sweep(tenantId);
        if (worst) logger.error({ tenant: tenantId, ...worst }, 'the transparency log is broken; nothing is appended to it until it is recovered');
      }
      this.isStarted ||= isMine;
    } catch (error) {
      const isExpected = isUnavailable(error) || error instanceof AppError;
      logger[isExpected ? 'warn' : 'error']({ err: error }, 'the transparency log could not be examined; it is tried again');
    }
    // Whoever takes over examines at once.
    this.schedule(this.isStarted && isMine ? SWEEP_MS : FIRST_SWEEP_MS);
  }
}
