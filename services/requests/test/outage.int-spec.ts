import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { FACTS, type Harness, harness } from './harness.js';

/** Refuses new connections of everyone and ends those that are open, as a database that went away does. */
async function setReachable(h: Harness, isReachable: boolean): Promise<void> {
  const url = new URL(h.adminUrl);
  const database = url.pathname.slice(1);
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(`ALTER DATABASE "${database}" ALLOW_CONNECTIONS ${isReachable}`);
  if (!isReachable) await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [database]);
  await client.end();
}

describe('with Postgres away', () => {
  let h: Harness;
  let id: string;
  beforeEach(async () => {
    h = await harness();
    id = await h.create();
  });
  afterEach(() => h.close());

  it('calls fail, nothing is half made, and all goes on afterwards', async () => {
    const digest = await h.toPlanReview(id);
    await h.outbox.drain();
    await setReachable(h, false);
    const calls: readonly (() => Promise<unknown>)[] = [
      () => h.vote(id, 'reviewer', 'plan', digest),
      () => h.put(id, 'execution', FACTS.execution),
      () => h.records.remind({ requestId: id, gate: 'plan', revision: 1, reminder: 1 }),
      () => h.records.closeGate({ requestId: id, gate: 'plan', revision: 1, decisionIds: [] }),
    ];
    for (const call of calls) await expect(call()).rejects.toBeInstanceOf(Error);
    await h.outbox.drain();
    await setReachable(h, true);
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', digest);
    const closed = await h.records.closeGate({ requestId: id, gate: 'plan', revision: 1, decisionIds: [decisionId ?? ''] });
    expect(closed).toEqual({ outcome: 'passed', state: 'EXECUTING' });
    expect((await h.store.read.decisions.all(id)).filter(({ gate }) => gate === 'plan')).toHaveLength(1);
  });
});

describe('with something away that a call of records needs', () => {
  let h: Harness;
  let id: string;
  beforeEach(async () => {
    h = await harness();
    id = await h.create();
    await h.toPlanReview(id);
  });
  afterEach(() => h.close());

  const waitingFor = async (): Promise<string | null | undefined> => (await h.store.read.requests.find(id))?.waitingFor;
  const note = (text: string | null): Promise<void> => h.activities.noteOutage({ requestId: id, run: h.owner.run }, text);

  it('says so on the request and clears only its own note', async () => {
    const before = await waitingFor();
    await note(null);
    expect(await waitingFor()).toBe(before);
    await note('Waiting for a service of this installation: it does not answer');
    expect(await waitingFor()).toContain('a service of this installation');
    await note(null);
    expect(await waitingFor()).toBeNull();
  });

  it('leaves what a paused request waits for', async () => {
    const row = await h.store.read.requests.find(id);
    const paused = { by: 'maintainer', reason: null, at: new Date().toISOString() };
    if (row) await h.store.write((records) => records.requests.update(row, { paused, waitingFor: 'Paused' } as never, new Date()));
    await note('Waiting for Temporal: it does not answer');
    await h.activities.noteWaiting({ requestId: id, run: h.owner.run, waitingFor: null });
    expect(await waitingFor()).toBe('Paused');
  });
});
