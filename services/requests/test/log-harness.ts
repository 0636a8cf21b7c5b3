import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { canonicalBytes } from '@countersign/domain/digest';
import { createLogger, dataSourceOptions, ensureDatabase, runMigrations } from '@countersign/platform';
import { createDatabase } from '@countersign/testing';
import { keyIdOf, type KeyList, type ListedKey } from '@countersign/verify';
import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';

import { RecordsStore } from '../src/database/records-store.repository.js';
import { REQUESTS_DATABASE } from '../src/database/requests-database.js';
import { DiskCheckpointKeeper } from '../src/log/disk-checkpoint-keeper.adapter.js';
import { LOG_DATABASE } from '../src/log/database/log-database.js';
import { recoveryEntry } from '../src/log/enter-recovery.js';
import { examineLog } from '../src/log/examine-log.js';
import type { LogKeys } from '../src/log/log-keys.port.js';
import { TransparencyLog, type TransparencyLogDeps } from '../src/log/transparency-log.js';
import type { Signer } from '../src/signing/signer.port.js';

const ORIGIN = 'countersign.test';
const SINCE = '2026-01-01T00:00:00.000Z';

/** The table of services/projects as its migrations leave it. */
class ProjectsAudit1790100000000 implements MigrationInterface {
  readonly name = 'ProjectsAudit1790100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE audit_entry (id bigserial PRIMARY KEY, tenant_id text NOT NULL, entry bytea NOT NULL, xid bigint NOT NULL DEFAULT txid_current())');
    await runner.query('CREATE INDEX audit_entry_arrival_idx ON audit_entry (tenant_id, xid, id)');
  }

  async down(): Promise<void> {
    throw new Error('not used');
  }
}

export const PROJECTS_DATABASE = { schema: 'projects', entities: [], migrations: [ProjectsAudit1790100000000] } as const;

/** Log keys in memory; `rotate` signs with a new one from then on. */
export function logKeys(): LogKeys & { rotate(): void; change(of: (key: ListedKey) => ListedKey): void } {
  let signer: Signer;
  let keys: ListedKey[] = [];
  const make = (): void => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    signer = { keyId: keyIdOf(raw), publicKey: raw, sign: (bytes) => Promise.resolve(sign(null, bytes, privateKey)) };
    keys = [...keys, { id: signer.keyId, purpose: 'log', public: raw.toString('base64'), from: SINCE, to: null, revoked: null }];
  };
  make();
  return {
    get list(): KeyList {
      return { v: 1, number: keys.length, at: SINCE, root: Buffer.alloc(32).toString('base64'), keys };
    },
    signer: () => Promise.resolve(signer),
    refresh: () => Promise.resolve(),
    rotate: make,
    change: (of) => void (keys = keys.map(of)),
  };
}

export type LogHarness = Awaited<ReturnType<typeof logHarness>>;

let payloads = 0;

/** An audit entry as the services write one. */
export function anEntry(tenantId: string, over: Readonly<Record<string, unknown>> = {}): { readonly entry: Buffer; readonly payload: string } {
  const payload = createHash('sha256').update(String((payloads += 1))).digest('hex');
  return { entry: canonicalBytes({ v: 1, tenant: tenantId, type: 'commented', at: '2026-11-21T08:00:00.000Z', request: 'r1', payload, ...over }), payload };
}

/** The log on a fresh real database with the roles of an installation. */
export async function logHarness({ separated = true, projects = true }: { readonly separated?: boolean; readonly projects?: boolean } = {}) {
  const adminUrl = await createDatabase('log');
  const rolePrefix = `t${randomBytes(4).toString('hex')}`;
  const services = ['requests', 'projects', 'log'].map((name) => ({ name, schema: name, password: 'x' }));
  const admin = new pg.Client({ connectionString: adminUrl });
  admin.on('error', () => undefined);
  await admin.connect();
  const ensured = separated ? await ensureDatabase({ adminUrl, services, rolePrefix }) : await oneRole(admin, adminUrl, rolePrefix, services);
  await runMigrations(dataSourceOptions({ url: ensured.ownerUrl, ...LOG_DATABASE }));
  await runMigrations(dataSourceOptions({ url: ensured.ownerUrl, ...REQUESTS_DATABASE }));
  const addProjects = (): Promise<unknown> => runMigrations(dataSourceOptions({ url: ensured.ownerUrl, ...PROJECTS_DATABASE }));
  if (projects) await addProjects();
  const dir = await mkdtemp(join(tmpdir(), 'countersign-log-'));
  const store = await RecordsStore.open(ensured.serviceUrl('requests'));
  const writers = { requests: new pg.Pool({ connectionString: ensured.serviceUrl('requests') }), projects: new pg.Pool({ connectionString: ensured.serviceUrl('projects') }) };
  for (const pool of Object.values(writers)) pool.on('error', () => undefined);
  const keys = logKeys();
  const keeper = new DiskCheckpointKeeper(join(dir, 'checkpoints'));
  const logger = createLogger('test', 'silent');
  const opened: TransparencyLog[] = [];

  const enterRows = async (db: pg.Pool | pg.PoolClient | pg.Client, tenantId: string, entries: readonly { readonly entry: Buffer }[], source: 'requests' | 'projects' = 'requests') => {
    const { rows } = await db.query<{ id: string }>(`INSERT INTO ${source}.audit_entry (tenant_id, entry) SELECT $1, * FROM unnest($2::bytea[]) RETURNING id`, [
      tenantId,
      entries.map(({ entry }) => entry),
    ]);
    return rows.map(({ id }) => id);
  };
  const openLog = (over: Partial<TransparencyLogDeps> = {}): TransparencyLog => {
    const log = new TransparencyLog({
      url: ensured.serviceUrl('log'),
      origin: ORIGIN,
      keys,
      beforeTree: async (tenantId) => {
        const known = await admin.query(`SELECT 1 FROM requests.audit_entry WHERE tenant_id = $1 AND convert_from(entry, 'UTF8') LIKE '%"type":"keys"%'`, [tenantId]);
        if (known.rowCount === 0) await enterRows(writers.requests, tenantId, [anEntry(tenantId, { type: 'keys' })]);
      },
      enterRecovery: recoveryEntry(store, () => new Date()),
      keeper,
      examine: examineLog,
      clock: () => new Date(),
      logger,
      ...over,
    });
    opened.push(log);
    return log;
  };
  const h = {
    adminUrl,
    ensured,
    admin,
    writers,
    store,
    keys,
    keeper,
    dir,
    openLog,
    enterRows,
    addProjects,
    rolePrefix,
    /** Entries in one transaction; answers their payloads' hashes. */
    enter: async (tenantId: string, count: number, source: 'requests' | 'projects' = 'requests', over: Readonly<Record<string, unknown>> = {}): Promise<string[]> => {
      const entries = Array.from({ length: count }, () => anEntry(tenantId, over));
      await enterRows(writers[source], tenantId, entries, source);
      return entries.map(({ payload }) => payload);
    },
    /** Waits until the log has exactly this many entries or more. */
    size: (log: TransparencyLog, tenantId: string, size: number): Promise<void> =>
      until(async () => {
        log.sequencer.hurry();
        return ((await log.reader.status(tenantId))?.size ?? 0) >= size;
      }, async () => `the log of ${tenantId} has ${JSON.stringify(await log.reader.status(tenantId))}`),
    close: async (): Promise<void> => {
      for (const log of opened) await log.close();
      await store.close();
      await Promise.all(Object.values(writers).map((pool) => pool.end()));
      await admin.end();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return h;
}

async function oneRole(admin: pg.Client, adminUrl: string, name: string, services: readonly { readonly name: string; readonly schema: string; readonly password: string }[]) {
  const url = new URL(adminUrl);
  await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD 'p'; GRANT CREATE ON DATABASE "${url.pathname.slice(1)}" TO ${name}`);
  url.username = name;
  url.password = 'p';
  return ensureDatabase({ adminUrl: url.href, services });
}

export async function until(isTrue: () => Promise<boolean>, account: () => Promise<string> = async () => 'it did not happen', timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(await account());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
