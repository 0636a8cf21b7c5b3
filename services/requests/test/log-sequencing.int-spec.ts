import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { dataSourceOptions } from '@countersign/platform';
import { isConsistent, isIncluded, leafHash, verifyCheckpoint } from '@countersign/verify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { DataSource } from 'typeorm';

import { LOG_DATABASE } from '../src/log/database/log-database.js';
import { DiskCheckpointKeeper } from '../src/log/disk-checkpoint-keeper.adapter.js';
import type { TransparencyLog } from '../src/log/transparency-log.js';
import { anEntry, type LogHarness, logHarness, until } from './log-harness.js';

let h: LogHarness;
let log: TransparencyLog;

beforeAll(async () => {
  h = await logHarness();
  log = h.openLog();
  log.start();
}, 60_000);
afterAll(() => h.close(), 60_000);

const payloadsOf = async (tenantId: string): Promise<string[]> => (await log.reader.leaves(tenantId, {})).map(({ payload }) => payload);

describe('the schema of the log', () => {
  it('is exactly what the entities say: another migration would be empty', async () => {
    const dataSource = await new DataSource(dataSourceOptions({ url: h.ensured.ownerUrl, ...LOG_DATABASE })).initialize();
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    await dataSource.destroy();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('is added to and never changed by its role, which reads audit entries and nothing else of other services', async () => {
    const client = new pg.Client({ connectionString: h.ensured.serviceUrl('log') });
    await client.connect();
    const refused = [
      ...['tree', 'leaf', 'node', 'checkpoint', 'incident'].flatMap((table) => [
        `UPDATE log.${table} SET tenant_id = 'x'`,
        `DELETE FROM log.${table}`,
        `TRUNCATE log.${table}`,
      ]),
      'SELECT * FROM log.schema_migration',
      'CREATE TABLE log.mine (id int)',
      `INSERT INTO requests.audit_entry (tenant_id, entry) VALUES ('x', 'x')`,
      `UPDATE requests.audit_entry SET entry = 'x'`,
      'DELETE FROM projects.audit_entry',
      'SELECT * FROM requests.audit_payload',
      'SELECT * FROM requests.request',
    ];
    try {
      for (const sql of refused) await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });
      await client.query('SELECT * FROM requests.audit_entry');
      await client.query('SELECT * FROM projects.audit_entry');
    } finally {
      await client.end();
    }
  });
});

describe('the sequencer', () => {
  it('enters every entry of both services within a second of its commit, the key list first, in the order of arrival', async () => {
    const [tenantId, waits, entered] = ['t-order', [] as number[], [] as string[]];
    for (let round = 0; round < 12; round += 1) {
      entered.push(...(await h.enter(tenantId, 1, round % 2 === 0 ? 'requests' : 'projects')));
      const committed = performance.now();
      await until(async () => (await log.reader.placesOf(tenantId, entered)).size === entered.length);
      waits.push(performance.now() - committed);
    }
    const median = waits.sort((a, b) => a - b)[6] ?? NaN;
    process.stdout.write(`from commit to place in the log: p50 ${median.toFixed(0)} ms, longest ${waits.at(-1)?.toFixed(0)} ms\n`);
    expect(median).toBeLessThan(1_000);
    const leaves = await log.reader.leaves(tenantId, {});
    expect(leaves.map(({ type }) => type)).toEqual(['keys', ...entered.map(() => 'commented')]);
    expect(leaves.slice(1).map(({ payload }) => payload)).toEqual(entered);
    expect(leaves.map(({ index }) => index)).toEqual(leaves.map((_, index) => index));
  });

  it('signs checkpoints whose proofs a verifier that knows only the key list accepts', async () => {
    const tenantId = 't-proofs';
    for (const [round, count] of [3, 1, 7, 1500].entries()) {
      await h.enter(tenantId, count);
      await h.size(log, tenantId, 1 + [3, 4, 11, 1511][round]!);
    }
    const last = (await log.reader.checkpoint(tenantId))!;
    expect(verifyCheckpoint(last.note, h.keys.list)).toEqual({ origin: 'countersign.test/log/t-proofs/1', size: 1512, root: last.root });
    const leaves = await log.reader.leaves(tenantId, {});
    for (const index of [0, 1, 4, 5, 700, 1023, 1024, 1511]) {
      const proof = await log.reader.inclusion(tenantId, 1, index, last.size);
      expect(isIncluded({ index, size: last.size, leaf: leafHash(leaves[index]!.entry), proof, root: last.root })).toBe(true);
    }
    for (const size of [4, 5, 12]) {
      const earlier = (await log.reader.checkpointAt(tenantId, 1, size))!;
      const proof = await log.reader.consistency(tenantId, 1, size, last.size);
      expect(isConsistent({ from: size, to: last.size, fromRoot: earlier.root, toRoot: last.root, proof })).toBe(true);
      const leaf = leafHash(leaves[2]!.entry);
      expect(isIncluded({ index: 2, size, leaf, proof: await log.reader.inclusion(tenantId, 1, 2, size), root: earlier.root })).toBe(true);
    }
    expect(await log.reader.checkpoint(tenantId, 1, 1513)).toBeNull();
    expect(await log.audit.sweep(tenantId)).toEqual([]);
  });

  it('loses no entry whose transaction commits after a later one', async () => {
    const tenantId = 't-late';
    await h.enter(tenantId, 1);
    await h.size(log, tenantId, 2);
    const early = new pg.Client({ connectionString: h.ensured.serviceUrl('requests') });
    await early.connect();
    await early.query('BEGIN');
    const first = anEntry(tenantId);
    await h.enterRows(early, tenantId, [first]);
    const [second] = await h.enter(tenantId, 1);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect((await log.reader.placesOf(tenantId, [second!])).size).toBe(0);
    await early.query('COMMIT');
    await early.end();
    await h.size(log, tenantId, 4);
    expect((await payloadsOf(tenantId)).slice(2)).toEqual([first.payload, second]);
  });

  it('keeps tenants apart, and lets one whose key list cannot be had wait alone', async () => {
    const other = h.openLog({
      beforeTree: async (tenantId) => {
        if (tenantId === 't-alone') throw new Error('no list');
        await h.enter(tenantId, 1, 'requests', { type: 'keys' });
      },
    });
    await log.close();
    other.start();
    await h.enter('t-alone', 2);
    const [payload] = await h.enter('t-beside', 1);
    await h.size(other, 't-beside', 2);
    expect(await other.reader.status('t-alone')).toBeNull();
    expect(await other.reader.placesOf('t-alone', [payload!])).toEqual(new Map());
    await other.close();
    log = h.openLog();
    log.start();
    await h.size(log, 't-alone', 3);
  });

  it('keeps each checkpoint outside the database too, for its own eyes, also those of a process that died before', async () => {
    const tenantId = 't-kept';
    const kept = new DiskCheckpointKeeper(join(h.dir, 'other'));
    await log.close();
    const failing = h.openLog({ keeper: { keep: () => Promise.reject(new Error('disk full')), newest: () => Promise.resolve(null) } });
    failing.start();
    await h.enter(tenantId, 3);
    await h.size(failing, tenantId, 4);
    await failing.close();
    log = h.openLog({ keeper: kept });
    log.start();
    await h.enter(tenantId, 1);
    await h.size(log, tenantId, 5);
    const origin = 'countersign.test/log/t-kept/1';
    await until(async () => (await kept.newest(origin))?.size === 5);
    expect((await kept.newest(origin))?.note).toBe((await log.reader.checkpoint(tenantId))?.note);
    const folder = join(h.dir, 'other', tenantId, '1');
    expect((await readdir(folder)).sort()).toEqual(['4.note', '5.note']);
    expect((await stat(join(folder, '4.note'))).mode & 0o777).toBe(0o600);
    await expect(kept.keep('countersign.test/log/../1', 1, 'x')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('goes on with a new key, and still believes what the old one signed', async () => {
    const tenantId = 't-rotated';
    await h.enter(tenantId, 1);
    await h.size(log, tenantId, 2);
    h.keys.rotate();
    await h.enter(tenantId, 1);
    await h.size(log, tenantId, 3);
    expect(await log.audit.sweep(tenantId)).toEqual([]);
  });

  it('says what is not in the log yet', async () => {
    const [, known] = await payloadsOf('t-rotated');
    const places = await log.reader.placesOf('t-rotated', ['0'.repeat(64), known!]);
    expect([...places]).toEqual([[known, { origin: 'countersign.test/log/t-rotated/1', index: 1, entry: expect.any(Buffer) }]]);
  });

  it('finds leaves by request, index, time, type and payload', async () => {
    const tenantId = 't-find';
    await h.enter(tenantId, 2, 'requests', { request: 'a', at: '2026-01-01T00:00:00.000Z' });
    const [payload] = await h.enter(tenantId, 1, 'requests', { request: 'b', at: '2026-02-01T00:00:00.000Z', type: 'decision' });
    await h.size(log, tenantId, 4);
    const indexes = async (filter: Parameters<typeof log.reader.leaves>[1]): Promise<number[]> => (await log.reader.leaves(tenantId, filter)).map(({ index }) => index);
    expect(await indexes({ requestId: 'a' })).toEqual([1, 2]);
    expect(await indexes({ fromIndex: 1, toIndex: 3 })).toEqual([1, 2]);
    expect(await indexes({ fromTime: new Date('2026-01-15T00:00:00.000Z'), toTime: new Date('2026-03-01T00:00:00.000Z') })).toEqual([3]);
    expect(await indexes({ types: ['keys', 'decision'] })).toEqual([0, 3]);
    expect(await indexes({ payloads: [payload!] })).toEqual([3]);
    expect(await log.reader.leaves('t-order', { payloads: [payload!] })).toEqual([]);
  });

  it('is one of several: another takes over when it dies, and never do two append', async () => {
    const tenantId = 't-many';
    const others = [h.openLog(), h.openLog()];
    for (const one of others) one.start();
    const entered = await h.enter(tenantId, 5);
    await h.size(log, tenantId, 6);
    for (let round = 0; round < 3; round += 1) {
      const { rows } = await h.admin.query<{ pid: number }>(
        `SELECT a.pid FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND l.locktype = 'advisory' AND l.granted
          WHERE a.datname = current_database() AND a.application_name = 'countersign-log-sequencer'`,
      );
      expect(rows).toHaveLength(1);
      expect([log, ...others].filter((one) => one.sequencer.isLeading)).toHaveLength(1);
      await h.admin.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      for (let count = 0; count < 20; count += 1) entered.push(...(await h.enter(tenantId, 1)));
      await h.size(log, tenantId, 1 + entered.length);
    }
    expect((await payloadsOf(tenantId)).slice(1)).toEqual(entered);
    expect(await log.audit.sweep(tenantId)).toEqual([]);
    for (const one of others) await one.close();
  });
});

describe('one supplied role', () => {
  it('integrates all the same, and projects when it comes', async () => {
    const poor = await logHarness({ separated: false, projects: false });
    expect(poor.ensured.separated).toBe(false);
    const its = poor.openLog();
    its.start();
    await poor.enter('t1', 2);
    await poor.size(its, 't1', 3);
    await poor.addProjects();
    await poor.enter('t1', 1, 'projects');
    await poor.size(its, 't1', 4);
    expect(await its.audit.sweep('t1')).toEqual([]);
    await poor.close();
  });
});
