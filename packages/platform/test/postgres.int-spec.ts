import { randomBytes } from 'node:crypto';
import { createServer, connect as connectTo } from 'node:net';

import {
  type DatabaseService,
  dataSourceOptions,
  ensureDatabase,
  type EnsuredDatabase,
  isUnavailable,
  runMigrations,
  withTransaction,
} from '@countersign/platform';
import { createDatabase } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Column, DataSource, Entity, type MigrationInterface, PrimaryGeneratedColumn, type QueryRunner } from 'typeorm';

const suffix = randomBytes(4).toString('hex');
const rolePrefix = `pt_${suffix}`;
const alpha: DatabaseService = { name: 'alpha', schema: `alpha_${suffix}`, password: "it's @ secret/" };
const beta: DatabaseService = { name: 'beta', schema: `beta_${suffix}`, password: 'other' };

@Entity({ name: 'thing' })
class Thing {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string;

  @Column({ type: 'text' })
  label!: string;
}

class CreateThings1760000000000 implements MigrationInterface {
  readonly name = 'CreateThings1760000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE thing (id bigserial PRIMARY KEY, label text NOT NULL)');
    await runner.query('CREATE TABLE audit_entry (id bigserial PRIMARY KEY, entry bytea NOT NULL)');
    await runner.query('CREATE TABLE audit_payload (id bigserial PRIMARY KEY, body text)');
  }

  async down(): Promise<void> {
    throw new Error('not used');
  }
}

const optionsOf = (url: string, schema: string, more: object = {}) =>
  dataSourceOptions({ url, schema, entities: [Thing], migrations: [CreateThings1760000000000], ...more });

/** Undefined where nothing failed at all. */
const isOutage = (work: Promise<unknown>) => work.then(() => undefined, isUnavailable);

let adminUrl: string;
let database: EnsuredDatabase;
let alphaDb: pg.Client;

beforeAll(async () => {
  adminUrl = await createDatabase('platform');
  const input = { adminUrl, services: [alpha, beta], rolePrefix };
  [database] = await Promise.all([ensureDatabase(input), ensureDatabase(input), ensureDatabase(input)]);
  alphaDb = new pg.Client({ connectionString: database.serviceUrl('alpha') });
  await alphaDb.connect();
});

afterAll(async () => {
  await alphaDb.end();
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`DROP SCHEMA ${alpha.schema} CASCADE; DROP SCHEMA ${beta.schema} CASCADE`);
  for (const role of ['alpha', 'beta', 'owner']) {
    await admin.query(`DROP OWNED BY ${rolePrefix}_${role}; DROP ROLE ${rolePrefix}_${role}`);
  }
  await admin.end();
});

describe('ensureDatabase and runMigrations', () => {
  it('separates roles, and migrates once however many start together', async () => {
    expect(database.separated).toBe(true);
    const runs = await Promise.all([1, 2, 3].map(() => runMigrations(optionsOf(database.ownerUrl, alpha.schema))));
    expect(runs.flat()).toEqual(['CreateThings1760000000000']);
    expect(await runMigrations(optionsOf(database.ownerUrl, alpha.schema))).toEqual([]);
    await runMigrations(optionsOf(database.ownerUrl, beta.schema));
  });

  it('lets a service work with its own rows and change nothing else', async () => {
    const { schema } = alpha;
    await alphaDb.query(`INSERT INTO ${schema}.thing (label) VALUES ('a')`);
    await alphaDb.query(`UPDATE ${schema}.thing SET label = 'b'`);
    await alphaDb.query(`DELETE FROM ${schema}.thing`);
    await alphaDb.query(`INSERT INTO ${schema}.audit_entry (entry) VALUES ('x')`);
    await alphaDb.query(`INSERT INTO ${schema}.audit_payload (body) VALUES ('x')`);
    await alphaDb.query(`SELECT * FROM ${schema}.audit_entry`);
    await alphaDb.query(`DELETE FROM ${schema}.audit_payload`);

    const refused = [
      `UPDATE ${schema}.audit_entry SET entry = 'y'`,
      `DELETE FROM ${schema}.audit_entry`,
      `UPDATE ${schema}.audit_payload SET body = 'y'`,
      `TRUNCATE ${schema}.audit_entry`,
      `TRUNCATE ${schema}.audit_payload`,
      `CREATE TABLE ${schema}.mine (id int)`,
      `ALTER TABLE ${schema}.thing ADD COLUMN mine int`,
      `DROP TABLE ${schema}.thing`,
      `SELECT * FROM ${schema}.schema_migration`,
      `SELECT * FROM ${beta.schema}.thing`,
      'CREATE TABLE public.mine (id int)',
      `SET ROLE ${rolePrefix}_owner`,
    ];
    for (const sql of refused) await expect(alphaDb.query(sql)).rejects.toMatchObject({ code: '42501' });
  });

  it('lets the log only add to its own schema, and of other services only read audit entries', async () => {
    const url = await createDatabase('platform_log');
    const prefix = `pl_${suffix}`;
    const services = ['log', 'requests', 'projects'].map((name) => ({ name, schema: name, password: 'x' }));
    const made = await ensureDatabase({ adminUrl: url, services, rolePrefix: prefix });
    // A service whose tables come last is read all the same, and every start may say all of it again.
    for (const schema of ['log', 'requests', 'requests', 'projects']) await runMigrations(optionsOf(made.ownerUrl, schema));
    const log = new pg.Client({ connectionString: made.serviceUrl('log') });
    await log.connect();
    await log.query(`INSERT INTO log.thing (label) VALUES ('a')`);
    for (const sql of ['SELECT * FROM log.thing', 'SELECT * FROM requests.audit_entry', 'SELECT * FROM projects.audit_entry']) await log.query(sql);
    const refused = [
      `UPDATE log.thing SET label = 'b'`,
      'DELETE FROM log.thing',
      'TRUNCATE log.thing',
      'SELECT * FROM log.schema_migration',
      'SELECT * FROM requests.audit_payload',
      'SELECT * FROM projects.thing',
      `INSERT INTO requests.audit_entry (entry) VALUES ('x')`,
      `UPDATE projects.audit_entry SET entry = 'x'`,
    ];
    for (const sql of refused) await expect(log.query(sql)).rejects.toMatchObject({ code: '42501' });
    await log.end();
    const requests = new pg.Client({ connectionString: made.serviceUrl('requests') });
    await requests.connect();
    await expect(requests.query('SELECT * FROM projects.audit_entry')).rejects.toMatchObject({ code: '42501' });
    await requests.end();
  });

  it('uses one role where the given one may make no roles', async () => {
    const poor = `pt_poor_${suffix}`;
    const admin = new pg.Client({ connectionString: adminUrl });
    await admin.connect();
    await admin.query(`CREATE ROLE ${poor} LOGIN PASSWORD 'p'`);
    const url = new URL(adminUrl);
    url.username = poor;
    url.password = 'p';
    const gamma = { name: 'gamma', schema: `gamma_${suffix}`, password: 'x' };
    const database = url.pathname.slice(1);
    await admin.query(`GRANT CONNECT ON DATABASE "${database}" TO ${poor}`);

    const forbidden = ensureDatabase({ adminUrl: url.toString(), services: [gamma], rolePrefix });
    await expect(forbidden).rejects.toMatchObject({ code: 'CONFIG_INVALID' });

    await admin.query(`GRANT CREATE ON DATABASE "${database}" TO ${poor}`);
    const made = await ensureDatabase({ adminUrl: url.toString(), services: [gamma], rolePrefix });
    expect(made).toMatchObject({ separated: false, ownerUrl: url.toString() });
    expect(await runMigrations(optionsOf(made.ownerUrl, gamma.schema))).toHaveLength(1);
    const again = await ensureDatabase({ adminUrl, services: [gamma], rolePrefix });
    expect(again.separated).toBe(false);

    await admin.query(`DROP SCHEMA ${gamma.schema} CASCADE; DROP OWNED BY ${poor}; DROP ROLE ${poor}`);
    await admin.end();
  });
});

describe('a data source', () => {
  it('keeps all or nothing of a transaction, and the error of the work', async () => {
    const source = await new DataSource(optionsOf(database.serviceUrl('alpha'), alpha.schema)).initialize();
    await withTransaction(source, (manager) => manager.insert(Thing, { label: 'kept' }));
    const failure = withTransaction(source, async (manager) => {
      await manager.insert(Thing, { label: 'lost' });
      throw new RangeError('mine');
    });
    await expect(failure).rejects.toThrow(RangeError);
    expect(await source.getRepository(Thing).find()).toMatchObject([{ label: 'kept' }]);
    await source.destroy();
  });

  it('gives up on a statement past its limit', async () => {
    const source = await new DataSource(
      optionsOf(database.serviceUrl('alpha'), alpha.schema, { statementTimeoutMs: 200 }),
    ).initialize();
    expect(await isOutage(source.query('SELECT pg_sleep(5)'))).toBe(true);
    await source.destroy();
  });

  it('tells an outage by class: no listener, a cut connection, an exhausted pool, and goes on afterwards', async () => {
    const proxy = await cuttableProxy(adminUrl);
    const url = new URL(database.serviceUrl('alpha'));
    url.port = String(proxy.port);
    const source = await new DataSource(
      optionsOf(url.toString(), alpha.schema, { poolMax: 1, connectTimeoutMs: 500 }),
    ).initialize();

    const sleeping = withTransaction(source, (manager) => manager.query('SELECT pg_sleep(5)'));
    const told = expect(sleeping).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await isOutage(source.query('SELECT 1'))).toBe(true);
    proxy.cut();
    await told;

    expect(await isOutage(source.getRepository(Thing).find())).toBe(true);
    const between = withTransaction(source, async () => undefined);
    await expect(between).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await proxy.mend();
    await expect(source.query('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);

    const cutBetween = withTransaction(source, async (manager) => {
      await manager.query('SELECT 1');
      proxy.cut();
      await new Promise((resolve) => setTimeout(resolve, 100));
      await manager.query('SELECT 1');
    });
    await expect(cutBetween).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await source.destroy();
  });

  it('does not call a broken statement or constraint an outage', async () => {
    const source = await new DataSource(optionsOf(database.serviceUrl('alpha'), alpha.schema)).initialize();
    expect(await isOutage(source.query('SELECT nonsense'))).toBe(false);
    expect(await isOutage(source.query('INSERT INTO thing (label) VALUES (NULL)'))).toBe(false);
    await source.destroy();
  });
});

/** A proxy before Postgres that can be cut and mended, so that no other test loses its server. */
async function cuttableProxy(url: string) {
  const target = new URL(url);
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((inner) => {
    const outer = connectTo(Number(target.port || 5432), target.hostname);
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    inner.pipe(outer).pipe(inner);
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    port,
    cut: () => {
      server.close();
      sockets.forEach((socket) => socket.destroy());
    },
    mend: () => listen(port),
  };
}
