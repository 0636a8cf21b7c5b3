import { randomBytes } from 'node:crypto';

import { ensureDatabase, type EnsuredDatabase, runMigrations } from '@countersign/platform';
import { createDatabase } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';

import { gatewayDatabase, IdempotencyRepository } from '../src/idempotency/idempotency.repository.js';

const services = [{ name: 'gateway', schema: 'gateway', password: 'secret' }];
const scope = (key: string) => ({ tenantId: 't1', personId: 'p1', key });

let database: EnsuredDatabase;
let store: IdempotencyRepository;
let owner: DataSource;

beforeAll(async () => {
  const adminUrl = await createDatabase('gateway_keys');
  database = await ensureDatabase({ adminUrl, services, rolePrefix: `t${randomBytes(4).toString('hex')}` });
  store = await IdempotencyRepository.open({ url: database.serviceUrl('gateway'), ownerUrl: database.ownerUrl });
  owner = await new DataSource(gatewayDatabase(database.ownerUrl)).initialize();
});
afterAll(async () => {
  await store.close();
  await owner.destroy();
});

const age = (key: string, interval: string) =>
  owner.query(`UPDATE gateway.idempotency_key SET claimed_at = now() - $2::interval WHERE key = $1`, [key, interval]);

describe('idempotency keys in Postgres', () => {
  it('have migrations that make exactly what the entity says, and a second run nothing', async () => {
    await expect(runMigrations(gatewayDatabase(database.ownerUrl))).resolves.toEqual([]);
    const { upQueries } = await owner.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('give one of many callers at once the claim', async () => {
    const claims = await Promise.all(Array.from({ length: 20 }, () => store.claim(scope('race'), 'd')));
    expect(claims.filter(({ kind }) => kind === 'mine')).toHaveLength(1);
    expect(claims.filter(({ kind }) => kind === 'running')).toHaveLength(19);
  });

  it('answer what was stored, to the same person only', async () => {
    const claim = await store.claim(scope('kept'), 'd');
    if (claim.kind === 'mine') await store.complete(scope('kept'), claim.owner, '{"data":1}');
    expect(await store.claim(scope('kept'), 'other')).toEqual({ kind: 'done', digest: 'd', response: '{"data":1}' });
    expect((await store.claim({ ...scope('kept'), personId: 'p2' }, 'd')).kind).toBe('mine');
    expect((await store.claim({ ...scope('kept'), tenantId: 't2' }, 'd')).kind).toBe('mine');
  });

  it('are free after a release, and after a minute without an end', async () => {
    const first = await store.claim(scope('free'), 'd');
    if (first.kind === 'mine') await store.release(scope('free'), first.owner);
    expect((await store.claim(scope('free'), 'd')).kind).toBe('mine');
    expect((await store.claim(scope('free'), 'd')).kind).toBe('running');
    await age('free', '61 seconds');
    expect((await store.claim(scope('free'), 'd')).kind).toBe('mine');
  });

  it('take no answer from an owner that lost the claim', async () => {
    const late = await store.claim(scope('late'), 'd');
    await age('late', '61 seconds');
    await store.claim(scope('late'), 'd');
    if (late.kind === 'mine') await store.complete(scope('late'), late.owner, '{}');
    expect((await store.claim(scope('late'), 'd')).kind).toBe('running');
  });

  it('are forgotten after a day', async () => {
    const claim = await store.claim(scope('old'), 'd');
    if (claim.kind === 'mine') await store.complete(scope('old'), claim.owner, '{}');
    await age('old', '25 hours');
    await store.forgetExpired();
    expect(await owner.query(`SELECT 1 FROM gateway.idempotency_key WHERE key = 'old'`)).toEqual([]);
  });
});
