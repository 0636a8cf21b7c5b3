import { AppError } from '@countersign/domain';
import pg from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';

import { toDatabaseError } from './connection-failure.js';
import { type CountersignDataSourceOptions, MIGRATIONS_TABLE } from './data-source.js';

const LOCK_WAIT_MS = 120_000;
const LOCK_POLL_MS = 200;

/**
 * Applies the migrations that are missing, one process at a time for each schema, then gives the schema's service role
 * the right to change and delete rows: not in `audit_entry` and `audit_payload*`, where it may only read and add.
 * A second call finds nothing to do. Each migration is its own transaction.
 *
 * @param options made by `dataSourceOptions` from the *owner's* URL.
 * @returns the names of the migrations applied now.
 * @throws AppError DATABASE_UNAVAILABLE; a migration's own error otherwise.
 */
export async function runMigrations(options: CountersignDataSourceOptions): Promise<readonly string[]> {
  const dataSource = new DataSource({
    ...options,
    poolSize: 2,
    extra: { ...options.extra, statement_timeout: 600_000, query_timeout: 610_000 },
  });
  try {
    await dataSource.initialize();
    const lock = dataSource.createQueryRunner();
    try {
      await acquire(lock, options.schema);
      const applied = await dataSource.runMigrations({ transaction: 'each' });
      await grantRows(dataSource, options.schema);
      return applied.map(({ name }) => name);
    } finally {
      // The lock is the session's: closing the connection frees it.
      await lock.release();
    }
  } catch (error) {
    throw toDatabaseError(error);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy().catch(() => undefined);
  }
}

async function acquire(runner: QueryRunner, schema: string): Promise<void> {
  const deadline = Date.now() + LOCK_WAIT_MS;
  for (;;) {
    const rows = (await runner.query('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held', [
      `countersign:migrations:${schema}`,
    ])) as { held: boolean }[];
    if (rows[0]?.held) return;
    if (Date.now() > deadline) {
      throw new AppError('DATABASE_UNAVAILABLE', `Another process has been migrating ${schema} for two minutes`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
}

/** The service role is the one that the schema's default privileges name; without separated roles there is none. */
async function grantRows(dataSource: DataSource, schema: string): Promise<void> {
  const roles = await dataSource.query<{ role: string }[]>(
    `SELECT DISTINCT pg_get_userbyid(granted.grantee) AS role
       FROM pg_default_acl defaults, aclexplode(defaults.defaclacl) granted
      WHERE defaults.defaclnamespace = $1::regnamespace AND defaults.defaclobjtype = 'r'
        AND granted.grantee <> defaults.defaclrole AND granted.grantee <> 0`,
    [schema],
  );
  const tables = await dataSource.query<{ name: string }[]>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p')`,
    [schema],
  );
  for (const { role } of roles) {
    for (const { name } of tables) await dataSource.query(rowGrant(schema, name, role));
  }
}

function rowGrant(schema: string, table: string, role: string): string {
  const on = `ON ${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
  const who = pg.escapeIdentifier(role);
  if (table === MIGRATIONS_TABLE) return `REVOKE ALL ${on} FROM ${who}`;
  if (table === 'audit_entry' || table.startsWith('audit_payload')) {
    return `REVOKE UPDATE, DELETE, TRUNCATE ${on} FROM ${who}`;
  }
  return `GRANT SELECT, INSERT, UPDATE, DELETE ${on} TO ${who}`;
}
