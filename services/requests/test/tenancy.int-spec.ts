import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dataSourceOptions } from '@countersign/platform';
import pg from 'pg';
import { DataSource } from 'typeorm';

import { REQUESTS_DATABASE } from '../src/database/requests-database.js';
import { aPerson, aProject } from '../src/testing/projects.fake.js';
import { FACTS, type Harness, harness, PATCH } from './harness.js';

let h: Harness;
let id: string;
beforeAll(async () => {
  h = await harness();
  h.projects.setProject(aProject({ id: 'p2', tenantId: 't2', name: 'other' }));
  h.projects.add(aPerson('foreigner', { tenantId: 't2', grants: [{ role: 'admin', project: '*' }] }), aPerson('guest', { grants: [{ role: 'admin', project: 'elsewhere' }] }));
  id = await h.create();
  await h.put(id, 'execution', FACTS.execution);
  await h.toPlanReview(id);
});
afterAll(() => h.close());

describe.each(['foreigner', 'guest'])('for %s, a request of another tenant or project does not exist', (person) => {
  const D = 'f'.repeat(64);
  const limits = { tokens: null, costMicros: null, wallClockMs: null, attempts: 9 };
  const calls: Readonly<Record<string, () => Promise<unknown>>> = {
    get: () => h.requests.get(h.as(person), id),
    decide: () => h.decisions.decide(h.as(person), { id, gate: 'plan', digest: D, verdict: 'approve', reason: null }),
    comment: () => h.words.word(h.as(person), { id, kind: 'comment', text: 'x', limits: null, digest: null }),
    cancel: () => h.words.word(h.as(person), { id, kind: 'cancel', text: null, limits: null, digest: null }),
    budgetSubject: () => h.words.budgetSubject(h.as(person), { id, limits }),
    repair: () => h.repairs.repair(h.as(person), id),
    document: () => h.documents.document(h.as(person), { id, kind: 'plan', maxBytes: 1000 }),
    subject: () => h.documents.subject(h.as(person), { id, gate: 'plan' }),
    log: () => h.documents.log(h.as(person), { id, after: 0, limit: 10 }),
    audit: () => h.trail.page(h.as(person), { id, limit: 10 }),
    artifact: () => h.documents.artifact(h.as(person), { sha256: PATCH.sha256, offset: 0, limit: 10 }),
    create: () => h.requests.create(h.as(person), { project: 'sample', title: 'x', body: '' }),
  };

  it.each(Object.keys(calls))('%s', async (name) => {
    await expect(calls[name]?.()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('lists and counts nothing of it', async () => {
    expect(await h.requests.list(h.as(person), { limit: 10 })).toEqual({ items: [], next: null, total: 0 });
    expect(await h.requests.inbox(h.as(person))).toEqual({ needsMe: 0, waiting: 0, running: 0, done: 0 });
  });
});

describe('lists', () => {
  it('puts a request into the boxes of who looks, and pages without gaps', async () => {
    expect(await h.requests.inbox(h.as('reviewer'))).toEqual({ needsMe: 1, waiting: 0, running: 0, done: 0 });
    expect(await h.requests.inbox(h.as('requester'))).toEqual({ needsMe: 0, waiting: 1, running: 0, done: 0 });
    expect((await h.requests.list(h.as('reviewer'), { limit: 10, box: 'needsMe' })).items).toMatchObject([{ id, needsMe: true, requester: 'requester' }]);
    for (let n = 0; n < 4; n += 1) await h.requests.create(h.as('requester'), { project: 'sample', title: `t${n}`, body: '' });
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await h.requests.list(h.as('observer'), { limit: 2, ...(after !== undefined && { after }) });
      seen.push(...page.items.map((item) => item.id));
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(seen).toHaveLength(5);
    expect(new Set(seen).size).toBe(5);
    await expect(h.requests.list(h.as('observer'), { limit: 2, after: 'bm9wZQ' })).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'after' });
  });
});

describe('the schema', () => {
  it('is exactly what the entities say: another migration would be empty', async () => {
    const dataSource = await new DataSource(dataSourceOptions({ url: h.ownerUrl, ...REQUESTS_DATABASE })).initialize();
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    await dataSource.destroy();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('lets the service add to the audit trail, erase payloads and change nothing of it', async () => {
    const client = new pg.Client({ connectionString: h.serviceUrl });
    await client.connect();
    try {
      for (const table of ['audit_entry', 'audit_payload']) {
        for (const text of [`UPDATE requests.${table} SET tenant_id = 'x'`, `TRUNCATE requests.${table}`]) {
          await expect(client.query(text)).rejects.toMatchObject({ code: '42501' });
        }
      }
      await expect(client.query('DELETE FROM requests.audit_entry')).rejects.toMatchObject({ code: '42501' });
      await expect(client.query(`DELETE FROM requests.audit_payload WHERE tenant_id = 'nobody'`)).resolves.toMatchObject({ rowCount: 0 });
      await expect(client.query('CREATE TABLE requests.mine (id int)')).rejects.toMatchObject({ code: '42501' });
      const { rows } = await client.query<{ entry: Buffer }>('SELECT entry FROM requests.audit_entry ORDER BY id LIMIT 1');
      expect(Object.keys(JSON.parse(rows[0]?.entry.toString('utf8') ?? '{}') as object)).toEqual(['actor', 'at', 'payload', 'request', 'tenant', 'type', 'v']);
    } finally {
      await client.end();
    }
  });
});
