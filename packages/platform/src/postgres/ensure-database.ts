import { AppError } from '@countersign/domain';
import pg from 'pg';

import { isUnavailable, toDatabaseError } from './connection-failure.js';
import { withServerOptions } from './data-source.js';

export type DatabaseService = {
  /** Also the last part of its role's name, so `[a-z_]+`. */
  readonly name: string;
  readonly schema: string;
  readonly password: string;
};

export type EnsureDatabaseInput = {
  readonly adminUrl: string;
  readonly services: readonly DatabaseService[];
  /** Roles belong to a whole Postgres server: a second installation on one needs its own prefix. */
  readonly rolePrefix?: string;
};

export type EnsuredDatabase = {
  /** False: the given role may not make roles (or the schemas were made without them), so it does everything. */
  readonly separated: boolean;
  /** For migrations only. */
  readonly ownerUrl: string;
  /** Throws for a service that was not named in the input. */
  readonly serviceUrl: (name: string) => string;
};

const NAME = /^[a-z][a-z0-9_]{0,40}$/;
const ident = (name: string): string => pg.escapeIdentifier(name);

// Another process makes the same roles at the same moment: duplicate_object, unique_violation, deadlock_detected, and
// internal_error for "tuple concurrently updated".
const RACES: ReadonlySet<unknown> = new Set(['42710', '23505', '40P01', 'XX000']);

/**
 * Makes schemas and roles, as often as called with the same result: `<prefix>_owner` owns the schemas and runs the
 * migrations; `<prefix>_<service>` logs in, reads and adds rows in its own schema, and makes nothing. `runMigrations`
 * adds the right to change and delete rows; of the audit trail only payloads may be deleted.
 *
 * @throws AppError DATABASE_UNAVAILABLE; CONFIG_INVALID where the role may not even make a schema.
 */
export async function ensureDatabase(input: EnsureDatabaseInput): Promise<EnsuredDatabase> {
  const prefix = input.rolePrefix ?? 'countersign';
  for (const name of [prefix, ...input.services.flatMap((service) => [service.name, service.schema])]) {
    if (!NAME.test(name)) throw new AppError('CONFIG_INVALID', `${JSON.stringify(name)} is no name for a role or schema`);
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await provision(input, prefix);
    } catch (error) {
      const isRace = error instanceof pg.DatabaseError && RACES.has(error.code);
      if (!isRace || attempt === 10) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * attempt * Math.random() + 10));
    }
  }
}

async function provision(input: EnsureDatabaseInput, prefix: string): Promise<EnsuredDatabase> {
  const client = new pg.Client({
    connectionString: input.adminUrl,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 15_000,
    query_timeout: 20_000,
    application_name: 'countersign-provision',
  });
  // Without a listener a connection lost between two queries ends the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    if (error instanceof pg.DatabaseError && !isUnavailable(error)) {
      throw new AppError('CONFIG_INVALID', `Postgres refused the connection: ${error.message}`, { cause: error });
    }
    throw new AppError('DATABASE_UNAVAILABLE', 'The database cannot be reached', { cause: error });
  }
  try {
    if (await maySeparate(client, input, `${prefix}_owner`)) {
      await client.query('BEGIN');
      await separate(client, input, prefix);
      await client.query('COMMIT');
      return separatedUrls(input, prefix);
    }
    await makeSchemas(client, input);
    return { separated: false, ownerUrl: input.adminUrl, serviceUrl: (name) => known(input, name) && input.adminUrl };
  } catch (error) {
    throw toDatabaseError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function maySeparate(client: pg.Client, { services }: EnsureDatabaseInput, owner: string): Promise<boolean> {
  const role = await client.query<{ able: boolean }>(
    'SELECT rolsuper OR rolcreaterole AS able FROM pg_roles WHERE rolname = current_user',
  );
  if (role.rows[0]?.able !== true) return false;
  // Tables of an earlier, unseparated installation belong to its role and cannot be migrated by another.
  const foreign = await client.query(
    'SELECT 1 FROM pg_namespace WHERE nspname = ANY($1) AND pg_get_userbyid(nspowner) <> $2',
    [services.map(({ schema }) => schema), owner],
  );
  return foreign.rowCount === 0;
}

async function separate(client: pg.Client, { services }: EnsureDatabaseInput, prefix: string): Promise<void> {
  const owner = `${prefix}_owner`;
  const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name');
  const database = ident(rows[0]?.name ?? '');

  await makeRole(client, owner, 'NOLOGIN');
  await client.query(`GRANT ${ident(owner)} TO CURRENT_USER`);
  // Nothing more: the database may be the user's own, with other programs in it.
  await client.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
  await client.query(`GRANT CONNECT, CREATE ON DATABASE ${database} TO ${ident(owner)}`);

  for (const { name, schema, password } of services) {
    const role = `${prefix}_${name}`;
    await makeRole(client, role, `LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
    await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${ident(role)}`);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${ident(schema)} AUTHORIZATION ${ident(owner)}`);
    await client.query(`GRANT USAGE ON SCHEMA ${ident(schema)} TO ${ident(role)}`);
    const defaults = `ALTER DEFAULT PRIVILEGES FOR ROLE ${ident(owner)} IN SCHEMA ${ident(schema)}`;
    await client.query(`${defaults} GRANT SELECT, INSERT ON TABLES TO ${ident(role)}`);
    await client.query(`${defaults} GRANT USAGE, SELECT ON SEQUENCES TO ${ident(role)}`);
  }
}

async function makeRole(client: pg.Client, role: string, attributes: string): Promise<void> {
  const found = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  const verb = found.rowCount === 0 ? 'CREATE' : 'ALTER';
  await client.query(`${verb} ROLE ${ident(role)} NOCREATEDB NOCREATEROLE ${attributes}`);
}

async function makeSchemas(client: pg.Client, { services }: EnsureDatabaseInput): Promise<void> {
  for (const { schema } of services) {
    try {
      const found = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
      if (found.rowCount === 0) await client.query(`CREATE SCHEMA IF NOT EXISTS ${ident(schema)}`);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code !== '42501') throw error;
      throw new AppError(
        'CONFIG_INVALID',
        `The role of DATABASE_URL may not create the schema ${schema}: GRANT CREATE ON DATABASE … TO it`,
        { cause: error },
      );
    }
  }
}

function separatedUrls(input: EnsureDatabaseInput, prefix: string): EnsuredDatabase {
  return {
    separated: true,
    ownerUrl: withServerOptions(input.adminUrl, { role: `${prefix}_owner` }),
    serviceUrl: (name) => {
      const url = new URL(input.adminUrl);
      url.username = `${prefix}_${name}`;
      url.password = encodeURIComponent(known(input, name).password);
      return url.toString();
    },
  };
}

function known({ services }: EnsureDatabaseInput, name: string): DatabaseService {
  const service = services.find((candidate) => candidate.name === name);
  if (!service) throw new AppError('CONFIG_INVALID', `No database role was made for the service ${name}`);
  return service;
}
