import { AppError } from '@countersign/domain';
import pg from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';

import { toDatabaseError } from './connection-failure.js';
import { type CountersignDataSourceOptions, MIGRATIONS_TABLE } from './data-source.js';

const LOCK_WAIT_MS = 120_000;
const LOCK_POLL_MS = 200;

/** The transparency log: what is in it is never changed and never deleted. */
const APPEND_ONLY_SCHEMAS: ReadonlySet<string> = new Set(['log']);
const APPEND_ONLY_TABLES: ReadonlySet<string> = new Set(['audit_entry', 'key_list']);
/** What an audit entry stands for: may be erased, never changed. */
const ERASABLE_TABLES: ReadonlySet<string> = new Set(['audit_payload']);

type ReadingGrant = { readonly reader: string; readonly table: string; readonly of: readonly string[] };

/** What the role of one schema may read in others, and nothing else there: the log integrates every service's entries. */
const READING_GRANTS: readonly ReadingGrant[] = [{ reader: 'log', table: 'audit_entry', of: ['requests', 'projects'] }];

/**
 * Applies the migrations that are missing, one process at a time for each schema, then gives the schema's service role
 * the right to change and delete rows: not in `audit_entry`, `key_list` and the schema `log`, where it may only read and add, and
 * in `audit_payload` only to delete. `READING_GRANTS` that concern the schema are made as well, where their reader has a role.
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
function serviceRoles(dataSource: DataSource, schema: string): Promise<{ role: string }[]> {
  return dataSource.query<{ role: string }[]>(
    `SELECT DISTINCT pg_get_userbyid(granted.grantee) AS role
       FROM pg_default_acl defaults, aclexplode(defaults.defaclacl) granted
      WHERE defaults.defaclnamespace = to_regnamespace(quote_ident($1)) AND defaults.defaclobjtype = 'r'
        AND granted.grantee <> defaults.defaclrole AND granted.grantee <> 0`,
    [schema],
  );
}

async function grantRows(dataSource: DataSource, schema: string): Promise<void> {
  const roles = await serviceRoles(dataSource, schema);
  const tables = await dataSource.query<{ name: string }[]>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p')`,
    [schema],
  );
  for (const { role } of roles) {
    for (const { name } of tables) await dataSource.query(rowGrant(schema, name, role));
  }
  await grantReading(dataSource, schema, new Set(tables.map(({ name }) => name)));
}

/** Only by the migration of the table's own schema, which holds that schema's lock: Postgres refuses two grants on one table at once. */
async function grantReading(dataSource: DataSource, schema: string, tables: ReadonlySet<string>): Promise<void> {
  for (const { reader, table, of } of READING_GRANTS) {
    if (!of.includes(schema) || !tables.has(table)) continue;
    for (const { role } of await serviceRoles(dataSource, reader)) {
      await dataSource.query(`GRANT USAGE ON SCHEMA ${pg.escapeIdentifier(schema)} TO ${pg.escapeIdentifier(role)}`);
      await dataSource.query(`GRANT SELECT ON ${tableName(schema, table)} TO ${pg.escapeIdentifier(role)}`);
    }
  }
}

function rowGrant(schema: string, table: string, role: string): string {
  const on = `ON ${tableName(schema, table)}`;
  const who = pg.escapeIdentifier(role);
  if (table === MIGRATIONS_TABLE) return `REVOKE ALL ${on} FROM ${who}`;
  if (APPEND_ONLY_SCHEMAS.has(schema) || APPEND_ONLY_TABLES.has(table)) {
    return `REVOKE UPDATE, DELETE, TRUNCATE ${on} FROM ${who}`;
  }
  if (ERASABLE_TABLES.has(table)) return `REVOKE UPDATE, TRUNCATE ${on} FROM ${who}; GRANT DELETE ${on} TO ${who}`;
  return `GRANT SELECT, INSERT, UPDATE, DELETE ${on} TO ${who}`;
}

function tableName(schema: string, table: string): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
}
