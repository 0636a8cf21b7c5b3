import type { DataSourceOptions } from 'typeorm';

import { DeadlinePool } from './deadline-pool.js';

type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

export type DatabaseSettings = {
  readonly url: string;
  /** The service's own schema; unqualified names in raw SQL mean it too. */
  readonly schema: string;
  readonly entities: readonly (new () => object)[];
  readonly migrations: readonly (new () => object)[];
  /** Connections per process. Default 8. */
  readonly poolMax?: number;
  /** The server ends a longer statement. Default 15 000. */
  readonly statementTimeoutMs?: number;
  /** How long to wait for a connection, a free one included. Default 5 000. */
  readonly connectTimeoutMs?: number;
  readonly applicationName?: string;
};

export type CountersignDataSourceOptions = PostgresOptions & { readonly url: string; readonly schema: string };

export const MIGRATIONS_TABLE = 'schema_migration';

/** TypeORM options under which every call has a deadline and nothing changes the schema but a migration. */
export function dataSourceOptions(settings: DatabaseSettings): CountersignDataSourceOptions {
  const statementTimeoutMs = settings.statementTimeoutMs ?? 15_000;
  return {
    type: 'postgres',
    driver: { Pool: DeadlinePool },
    url: withServerOptions(settings.url, { search_path: settings.schema }),
    schema: settings.schema,
    entities: [...settings.entities],
    migrations: [...settings.migrations],
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsRun: false,
    synchronize: false,
    installExtensions: false,
    connectTimeoutMS: settings.connectTimeoutMs ?? 5_000,
    poolSize: settings.poolMax ?? 8,
    applicationName: settings.applicationName ?? `countersign-${settings.schema}`,
    extra: {
      statement_timeout: statementTimeoutMs,
      // The client's own limit, for a server that no longer answers at all.
      query_timeout: statementTimeoutMs + 5_000,
      idle_in_transaction_session_timeout: 60_000,
      keepAlive: true,
    },
  };
}

/** Adds server settings to a connection URL, keeping those that it already carries. */
export function withServerOptions(url: string, settings: Readonly<Record<string, string>>): string {
  const parsed = new URL(url);
  const before = parsed.searchParams.get('options');
  const added = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  parsed.searchParams.set('options', [before, ...added].filter(Boolean).join(' '));
  // libpq reads %20 but not + as a space.
  parsed.search = parsed.searchParams.toString().replaceAll('+', '%20');
  return parsed.toString();
}
