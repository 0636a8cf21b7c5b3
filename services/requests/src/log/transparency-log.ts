import { setTimeout as sleep } from 'node:timers/promises';

import { DeadlinePool, type Logger, toDatabaseError, withServerOptions } from '@countersign/platform';

import { AUDIT_SOURCES, AuditSourceRepository, type Db } from './audit-source.repository.js';
import type { ExamineLog } from './examine-log.js';
import type { IntegratorDeps } from './integrator.js';
import { KeptNotes } from './kept-notes.js';
import { LogAudit } from './log-audit.js';
import { LogReader } from './log-reader.js';
import { LogRecovery, type RecoveryDeps } from './log-recovery.js';
import { LogRepository } from './log.repository.js';
import { LogSequencer } from './log-sequencer.js';

export type TransparencyLogDeps = IntegratorDeps &
  Pick<RecoveryDeps, 'enterRecovery'> & {
    /** The role of the log: it may read audit entries and add to its own schema. */
    readonly url: string;
    /** The schemas whose `audit_entry` is integrated; one that is not there yet is awaited. */
    readonly sources?: readonly string[];
    /** Holds what is stored against what was signed. */
    readonly examine: ExamineLog;
    readonly logger: Logger;
  };

const SETTLE_MS = 2_000;
const LOOK_MS = 20;

/** Everything of the transparency log in one process, on connections of its own. */
export class TransparencyLog {
  readonly reader: LogReader;
  readonly audit: LogAudit;
  readonly recovery: LogRecovery;
  readonly sequencer: LogSequencer;
  private readonly pool: DeadlinePool;
  private readonly notes: KeptNotes;
  private readonly sources: readonly string[];
  private closing: Promise<void> | undefined;

  constructor({ url, sources = AUDIT_SOURCES, logger, enterRecovery, ...deps }: TransparencyLogDeps) {
    this.pool = new DeadlinePool({
      connectionString: withServerOptions(url, { search_path: 'log' }),
      max: 4,
      connectionTimeoutMillis: 5_000,
      statement_timeout: 60_000,
      query_timeout: 65_000,
      idle_in_transaction_session_timeout: 60_000,
      application_name: 'countersign-log',
    });
    // An idle connection that breaks is replaced at the next query.
    this.pool.on('error', (error) => logger.debug({ err: error }, 'an idle connection of the log was lost'));
    const { pool } = this;
    this.sources = sources;
    this.notes = new KeptNotes(deps.keeper, logger);
    this.audit = new LogAudit({ ...deps, pool, sources, logger, isLeading: () => this.sequencer.isLeading });
    this.sequencer = new LogSequencer({ ...deps, url, sources, logger, notes: this.notes, examine: (tenantId) => this.audit.sweep(tenantId) });
    this.reader = new LogReader(tellingOutages(pool), deps.keys);
    this.recovery = new LogRecovery({ ...deps, pool, sources, notes: this.notes, enterRecovery });
  }

  /** Returns at once; the schema must be migrated. */
  start(): void {
    this.sequencer.start();
    this.audit.start();
  }

  /** After a commit that wrote audit entries: they are integrated soon and not at the next round. */
  nudge(): void {
    this.sequencer.nudge();
  }

  /**
   * Until the log holds everything of this tenant that is committed now. Returns all the same after two seconds, and at
   * once where the log is broken: what is behind is told by whoever looks at it.
   */
  async settled(tenantId: string): Promise<void> {
    const [log, sources] = [new LogRepository(this.pool), await AuditSourceRepository.available(this.pool, this.sources)];
    const entries = new AuditSourceRepository(this.pool, sources);
    for (const deadline = Date.now() + SETTLE_MS; Date.now() < deadline; await sleep(LOOK_MS)) {
      const head = await log.head(tenantId);
      if (head?.incident || !(await entries.isBehind(tenantId, head?.checkpoint?.taken ?? {}))) return;
      this.sequencer.hurry();
    }
  }

  /** Ends the batch at hand first. Safe to call twice. */
  close(): Promise<void> {
    return (this.closing ??= this.closeAll());
  }

  private async closeAll(): Promise<void> {
    await this.sequencer.close();
    await this.audit.close();
    await this.notes.close();
    await this.pool.end();
  }
}

/** Whoever reads the log is told of a database that is away by the code that all others use. */
function tellingOutages(pool: DeadlinePool): Db {
  const query = async (text: string, values?: unknown[]): Promise<unknown> => {
    try {
      return await pool.query(text, values);
    } catch (error) {
      throw toDatabaseError(error);
    }
  };
  return { query: query as Db['query'] };
}
