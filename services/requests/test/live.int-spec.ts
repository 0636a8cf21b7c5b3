import { setTimeout as sleep } from 'node:timers/promises';

import { createLogger } from '@countersign/platform';
import { cuttableProxy, type CuttableProxy } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { record } from '../src/audit/journal.js';
import { LiveHub } from '../src/live/live-hub.js';
import { LiveListenerAdapter } from '../src/live/live-listener.adapter.js';
import { aPerson } from '../src/testing/projects.fake.js';
import { type Harness, harness } from './harness.js';

describe('what Postgres announces', () => {
  let h: Harness;
  let hub: LiveHub;
  let listener: LiveListenerAdapter;
  let proxy: CuttableProxy;
  let direct: pg.Pool;

  beforeAll(async () => {
    h = await harness();
    const url = new URL(h.serviceUrl);
    proxy = await cuttableProxy({ host: url.hostname, port: Number(url.port) });
    direct = new pg.Pool({ connectionString: h.serviceUrl, options: '-c search_path=requests' });
    url.host = `127.0.0.1:${proxy.port}`;
    hub = new LiveHub();
    listener = new LiveListenerAdapter(hub, { url: url.href, logger: createLogger('test', 'silent') });
    await listener.start();
  }, 60_000);
  afterAll(async () => {
    await listener.close();
    proxy.close();
    await direct.end();
    await h.close();
  });

  /** Where the feed is once everything before has arrived. */
  const cursor = async (): Promise<string> => {
    let { cursor: at } = await hub.feed(null, 0);
    for (;;) {
      const next = await hub.feed(at, 150);
      if (next.cursor === at) return at;
      at = next.cursor;
    }
  };
  const ids = async (after: string, waitMs = 5_000) => (await hub.feed(after, waitMs)).hints.map(({ requestId }) => requestId);
  const bump = (id: string) => `UPDATE request SET version = version + 1 WHERE id = '${id}'`;

  it('wakes whoever waits, once for a transaction, and not for one that was rolled back', async () => {
    const id = await h.create();
    const after = await cursor();
    const waiting = hub.feed(after, 5_000);
    const client = await direct.connect();
    await client.query(`BEGIN; ${bump(id)}; ${bump(id)}`);
    await client.query('ROLLBACK');
    await client.query(`BEGIN; ${bump(id)}; ${bump(id)}; COMMIT`);
    client.release();
    expect((await waiting).hints).toEqual([{ tenantId: 't1', requestId: id, kind: 'request' }]);
  });

  it('loses nothing to the order of commits: who wrote first and committed last is told last', async () => {
    const [first, second] = [await h.create(), await h.create()];
    let after = await cursor();
    const [early, late] = [await direct.connect(), await direct.connect()];
    await early.query(`BEGIN; ${bump(first)}`);
    await late.query(`BEGIN; ${bump(second)}; COMMIT`);
    const seen = await hub.feed(after, 5_000);
    expect(seen.hints.map(({ requestId }) => requestId)).toEqual([second]);
    after = seen.cursor;
    await early.query('COMMIT');
    expect(await ids(after)).toEqual([first]);
    early.release();
    late.release();
  });

  it('is told of a new request, a vote, a fact and a log, and never what they say', async () => {
    const id = await h.create();
    const digest = await h.toPlanReview(id);
    for (const act of [() => h.vote(id, 'reviewer', 'plan', digest), () => h.put(id, 'checks', { commit: 'a', verdict: 'passed', results: [] }), () => h.live.logAppended(id)]) {
      const after = await cursor();
      await act();
      expect(await ids(after)).toEqual([id]);
    }
    const after = await cursor();
    await h.live.logAppended('nobody-knows');
    await direct.query(`NOTIFY requests_live, 'nonsense'`);
    expect(await ids(after, 200)).toEqual([]);
  });

  it('is listened for again after Postgres went away, and a cursor from before is told to read everything', async () => {
    const id = await h.create();
    const after = await cursor();
    proxy.cut();
    await direct.query(bump(id));
    await sleep(300);
    await proxy.restore();
    expect(await hub.feed(after, 20_000)).toMatchObject({ reset: true });
    const fresh = await cursor();
    await direct.query(bump(id));
    expect(await ids(fresh)).toEqual([id]);
  });

  it('is listened for again after the server ended the connection', async () => {
    const after = await cursor();
    const admin = new pg.Client({ connectionString: h.adminUrl });
    await admin.connect();
    await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'countersign-requests-live' AND datname = current_database()`);
    await admin.end();
    expect(await hub.feed(after, 20_000)).toMatchObject({ reset: true });
  });
});

describe('what is new on a request', () => {
  let h: Harness;
  beforeAll(async () => {
    h = await harness();
  }, 60_000);
  afterAll(() => h.close());

  const changes = (id: string, after: string | null, person = 'reviewer') => h.live.changes(h.as(person), { id, after });

  it('begins with the state as it is, then every event once, with the state it led to', async () => {
    const id = await h.create();
    const start = await changes(id, null);
    expect(start).toMatchObject({ request: { id, state: 'SPECIFYING' }, gate: null, events: [], hasMore: false });
    expect(await changes(id, start!.cursor)).toBeNull();

    await h.toPlanReview(id);
    const next = await changes(id, start!.cursor);
    expect(next).toMatchObject({ request: { state: 'PLAN_REVIEW', needsMe: true }, gate: 'plan' });
    const states = next!.events.filter(({ type }) => type === 'transition').map(({ state }) => state);
    expect(states.at(-1)).toBe('PLAN_REVIEW');
    const seqs = next!.events.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
    expect(await changes(id, next!.cursor)).toBeNull();
  });

  it('comes in pieces where it is much, each going on behind the one before', async () => {
    const id = await h.create();
    const start = await changes(id, null);
    await h.store.write(async (records) => {
      const row = await records.requests.lock(id);
      for (let count = 0; count < 250; count += 1) await record(records, row!, { type: 'note', actor: null, text: `n${count}` }, new Date());
    });
    const texts: string[] = [];
    let after = start!.cursor;
    for (;;) {
      const piece = await changes(id, after);
      if (!piece) break;
      texts.push(...piece.events.map(({ text }) => text));
      expect(piece.hasMore).toBe(texts.length < 250);
      after = piece.cursor;
    }
    expect(texts).toEqual(Array.from({ length: 250 }, (_, index) => `n${index}`));
  });

  it('is never committed behind a cursor that was given, however many change the request at once', async () => {
    const id = await h.create();
    let after = (await changes(id, null))!.cursor;
    const texts: string[] = [];
    let isOver = false;
    const reading = (async () => {
      for (;;) {
        const isLast = isOver;
        const piece = await changes(id, after);
        if (piece) {
          texts.push(...piece.events.map(({ text }) => text));
          after = piece.cursor;
        } else if (isLast) return;
      }
    })();
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        h.store.write(async (records) => {
          const row = await records.requests.lock(id);
          await record(records, row!, { type: 'note', actor: null, text: `n${index}` }, new Date());
          await sleep(Math.random() * 5);
        }),
      ),
    );
    isOver = true;
    await reading;
    expect(texts).toHaveLength(40);
    expect(new Set(texts).size).toBe(40);
  });

  it('is for nobody who may not read the request, from one event to the next', async () => {
    const id = await h.create();
    const { cursor } = (await changes(id, null, 'second'))!;
    h.suspend('second');
    await expect(changes(id, cursor, 'second')).rejects.toMatchObject({ code: 'ACTOR_INACTIVE' });
    h.projects.add(aPerson('foreign', { tenantId: 't2', grants: [{ role: 'admin', project: '*' }] }));
    for (const place of [null, cursor]) await expect(changes(id, place, 'foreign')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(changes(id, 'x')).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'after' });
    await expect(changes('nobody-knows', null)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
