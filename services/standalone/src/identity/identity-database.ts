import { DeadlinePool, type Logger, withServerOptions } from '@countersign/platform';
import type { QueryResultRow } from 'pg';

import { IDENTITY_SCHEMA } from './identity.migrations.js';

const SWEEP_MS = 10 * 60_000;
const EXPIRING_TABLES = ['oidc_record', 'operator_refresh', 'used_proof'];

/** The identity schema's own small pool; every statement has a deadline, and what expired is removed. */
export class IdentityDatabase {
  private readonly pool: DeadlinePool;
  private readonly sweeper: NodeJS.Timeout;

  constructor(
    databaseUrl: string,
    private readonly logger: Logger,
    schema = IDENTITY_SCHEMA,
  ) {
    this.pool = new DeadlinePool({
      connectionString: withServerOptions(databaseUrl, { search_path: schema }),
      max: 4,
      connectionTimeoutMillis: 5_000,
      statement_timeout: 10_000,
      query_timeout: 15_000,
      application_name: 'countersign-identity',
    });
    // An idle connection that breaks is replaced at the next query.
    this.pool.on('error', (error) => logger.warn({ err: error }, 'an idle database connection was lost'));
    this.sweeper = setInterval(() => void this.sweep(), SWEEP_MS);
    this.sweeper.unref();
  }

  async query<Row extends QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.pool.query<Row>(sql, [...values]);
    return rows;
  }

  async sweep(): Promise<void> {
    try {
      for (const table of EXPIRING_TABLES) await this.query(`DELETE FROM ${table} WHERE expires_at < now()`);
    } catch (error) {
      this.logger.warn({ err: error }, 'expired sign-ins could not be removed; it is tried again');
    }
  }

  async close(): Promise<void> {
    clearInterval(this.sweeper);
    await this.pool.end();
  }
}
