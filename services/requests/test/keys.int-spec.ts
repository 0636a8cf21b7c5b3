import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { requestsRpc } from '@countersign/contracts';

import { aPerson, aProject } from '../src/testing/projects.fake.js';
import { type Harness, harness } from './harness.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const MISMATCH = { code: 'IDEMPOTENCY_MISMATCH', field: 'Idempotency-Key' };
let h: Harness;
beforeEach(async () => {
  h = await harness();
});
afterEach(() => h.close());

describe('a request with a key', () => {
  const create = (over: { person?: string; title?: string; key?: string } = {}) =>
    h.requests.create(h.as(over.person ?? 'requester'), { project: 'sample', title: over.title ?? 'one', body: '', key: over.key ?? 'key-1' });
  const total = async () => (await h.requests.list(h.as('observer'), { limit: 50 })).total;

  it('is made and started once, and answered as it is now', async () => {
    const { id } = await create();
    await h.outbox.drain();
    h.actAs(id);
    await h.records.begin({ requestId: id });
    h.projects.setProject(aProject({ import: { state: 'importing', progress: '1 %' } } as never));
    expect(await create()).toMatchObject({ id, requester: 'requester', state: 'SPECIFYING' });
    await h.outbox.drain();
    expect([await total(), h.lifecycle.started.map(({ requestId }) => requestId)]).toEqual([1, [id]]);
    expect((await h.trail.page(h.as('admin'), { id, limit: 50 })).items.filter(({ type }) => type === 'created')).toHaveLength(1);
  });

  it('is started also where the first call ended right after its commit', async () => {
    h.lifecycle.failure = new Error('away');
    const { id } = await create();
    await h.outbox.drain();
    await create();
    h.lifecycle.failure = undefined;
    h.advance(60_000);
    await h.outbox.drain();
    expect(h.lifecycle.started).toMatchObject([{ requestId: id }]);
  });

  it('is one where many ask at once', async () => {
    const ids = (await Promise.all(Array.from({ length: 8 }, () => create()))).map(({ id }) => id);
    await h.outbox.drain();
    expect([new Set(ids).size, await total(), h.lifecycle.started.length]).toEqual([1, 1, 1]);
  });

  it('is refused for another body, also where both come at once', async () => {
    const answers = await Promise.allSettled([create(), create({ title: 'two' })]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({ reason: MISMATCH });
    await expect(create({ title: 'three' })).rejects.toMatchObject(MISMATCH);
    expect(await total()).toBe(1);
  });

  it('is another for another person, another key, and no key at all', async () => {
    const plain = () => h.requests.create(h.as('requester'), { project: 'sample', title: 'one', body: '' });
    const made = await Promise.all([create(), create({ person: 'reviewer' }), create({ key: 'key-2' }), plain(), plain()]);
    expect([new Set(made.map(({ id }) => id)).size, made[1]?.requester]).toEqual([5, 'reviewer']);
  });

  it('gives a suspended person nothing, nor one who may no longer read it', async () => {
    const { id } = await create();
    h.projects.add(aPerson('requester', { grants: [{ role: 'reviewer', project: 'elsewhere' }] }));
    await expect(create()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    h.suspend('requester');
    await expect(create()).rejects.toMatchObject({ code: 'ACTOR_INACTIVE' });
    expect((await h.store.read.requests.find(id))?.idempotencyKey).toBe('key-1');
  });

  it('frees its key after a day', async () => {
    const { id } = await create();
    h.advance(DAY_MS);
    const later = await Promise.all([create({ title: 'two' }), create({ title: 'two' })]);
    expect(new Set([id, ...later.map((item) => item.id)]).size).toBe(2);
    expect(await h.store.read.requests.find(id)).toMatchObject({ idempotencyKey: null, idempotencyDigest: null });
  });
});

describe('a word with a key', () => {
  type Said = { readonly person?: string; readonly text?: string; readonly kind?: 'comment' | 'pause' | 'resume' | 'cancel'; readonly on?: string; readonly key?: string };
  let id: string;
  beforeEach(async () => {
    id = await h.create();
  });

  const say = ({ person = 'requester', text = 'why', kind = 'comment', on = id, key = 'key-1' }: Said = {}) =>
    h.words.word(h.as(person), { id: on, kind, text, limits: null, digest: null, key });
  const words = async (of = id) => (await h.store.read.words.all(of)).map(({ text }) => text);

  it('is stored and sent once', async () => {
    const first = await say();
    expect([first, await say()]).toEqual([first, first]);
    await h.outbox.drain();
    expect([await words(), h.lifecycle.updates.length]).toEqual([['why'], 1]);
    expect((await h.requests.get(h.as('observer'), id)).events.filter(({ type }) => type === 'comment')).toHaveLength(1);
  });

  it('is one where many say it at once', async () => {
    const said = await Promise.all(Array.from({ length: 6 }, () => say()));
    h.advance(60_000);
    await h.outbox.drain();
    expect([await words(), new Set(h.lifecycle.updates.map(({ updateId }) => updateId)).size]).toEqual([['why'], 1]);
    expect(said.every(({ outcome }) => outcome === 'recorded' || outcome === 'pending')).toBe(true);
  });

  it('is pending until the outbox delivered the one that was stored', async () => {
    h.lifecycle.answer = () => ({ kind: 'pending' });
    expect([(await say()).outcome, (await say()).outcome]).toEqual(['pending', 'pending']);
    h.lifecycle.answer = () => ({ kind: 'recorded' });
    h.advance(60_000);
    await h.outbox.drain();
    expect([(await say()).outcome, await words()]).toEqual(['recorded', ['why']]);
  });

  it('is answered as recorded where it is itself why it would now come too late', async () => {
    await say({ kind: 'pause' });
    const [word] = await h.store.read.words.all(id);
    await h.records.applyWord({ requestId: id, wordId: word?.id ?? '' });
    expect(await say({ kind: 'pause' })).toMatchObject({ outcome: 'recorded', paused: true });
    expect(await say({ kind: 'pause', key: 'key-2' })).toMatchObject({ outcome: 'refused', code: 'ALREADY_PAUSED' });
  });

  it('is answered with the refusal that the lifecycle gave', async () => {
    h.lifecycle.answer = () => ({ kind: 'refused', code: 'NOT_PAUSED', message: 'no' });
    const refused = { outcome: 'refused', code: 'NOT_PAUSED' };
    expect([await say(), await say()]).toMatchObject([refused, refused]);
    expect(h.lifecycle.updates).toHaveLength(1);
  });

  it('raises a budget once, in one decision', async () => {
    await h.toPlanReview(id);
    const { digest, limits } = await h.words.budgetSubject(h.as('maintainer'), { id, limits: { attempts: 9 } });
    const raise = () => h.words.word(h.as('maintainer'), { id, kind: 'raiseBudget', text: null, limits, digest, key: 'key-1' });
    await raise();
    const [word] = await h.store.read.words.all(id);
    await h.records.applyWord({ requestId: id, wordId: word?.id ?? '' });
    expect(await raise()).toMatchObject({ outcome: 'recorded' });
    expect((await h.store.read.decisions.all(id)).filter(({ gate }) => gate === 'budget')).toHaveLength(1);
  });

  it('is refused for another text, kind or request, also where both come at once', async () => {
    const other = await h.create();
    const answers = await Promise.allSettled([say(), say({ on: other })]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({ reason: MISMATCH });
    await expect(say({ text: 'because' })).rejects.toMatchObject(MISMATCH);
    await expect(say({ kind: 'pause' })).rejects.toMatchObject(MISMATCH);
    expect([...(await words()), ...(await words(other))]).toEqual(['why']);
  });

  it('is another for another person, without a key, and a day later', async () => {
    await say();
    await say({ person: 'reviewer', text: 'because' });
    for (let n = 0; n < 2; n += 1) await h.words.word(h.as('requester'), { id, kind: 'comment', text: 'bare', limits: null, digest: null });
    h.advance(DAY_MS);
    await say({ text: 'later' });
    expect(await words()).toEqual(['why', 'because', 'bare', 'bare', 'later']);
  });
});

it.each(['', 'a b', 'ü', 'x'.repeat(201)])('the contract refuses %j as a key', (key) => {
  const { input } = requestsRpc['requests.create'];
  expect(input.safeParse({ project: 'p', title: 't', body: '', key }).success).toBe(false);
  expect(input.safeParse({ project: 'p', title: 't', body: '', key: 'a-1' }).success).toBe(true);
});
