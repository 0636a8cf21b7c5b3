import { AppError } from '@countersign/domain';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { type Answer, type TestGateway, testGateway } from '../../test/gateway.fixture.js';
import { anItem, aViewer } from '../../test/services.fake.js';
import { DEFAULT_LIMITS } from '../limits.js';

const CREATE = 'mutation ($input: CreateRequestInput!) { createRequest(input: $input) { id } }';
const input = (title = 'one') => ({ input: { project: 'sample', title, body: '' } });
const codeOf = ({ body }: Answer) => body.errors?.[0]?.extensions.code;
const key = { 'idempotency-key': 'key-1' };

let gateway: TestGateway;
let made: number;

beforeEach(async () => {
  made = 0;
  gateway = await testGateway({ limits: { ...DEFAULT_LIMITS, idempotencyWaitMs: 400 } });
  gateway.requests.answers['requests.create'] = () => anItem({ id: `r${(made += 1)}` });
});
afterEach(() => gateway.close());

const create = (over: { role?: 'reviewer' | 'admin'; title?: string; headers?: Record<string, string> } = {}) =>
  gateway.send(over.role ?? 'reviewer', CREATE, input(over.title), over.headers ?? key);

describe('Idempotency-Key', () => {
  it('carries the same operation out once and answers it alike', async () => {
    const first = await create();
    const second = await create();
    expect([first.body, made]).toEqual([second.body, 1]);
    expect([first.headers.get('idempotency-replayed'), second.headers.get('idempotency-replayed')]).toEqual([null, 'true']);
  });

  it('knows the same variables in another order', async () => {
    await create();
    const reordered = { input: { body: '', title: 'one', project: 'sample' } };
    expect((await gateway.send('reviewer', CREATE, reordered, key)).body.errors).toBeUndefined();
    expect(made).toBe(1);
  });

  it('refuses the key for another body', async () => {
    await create();
    expect(codeOf(await create({ title: 'two' }))).toBe('IDEMPOTENCY_MISMATCH');
    expect(made).toBe(1);
  });

  it("is one person's own", async () => {
    await create();
    expect((await create({ role: 'admin', title: 'two' })).body.data).toEqual({ createRequest: { id: 'r2' } });
  });

  it('carries out every operation without a key', async () => {
    await create({ headers: {} });
    await create({ headers: {} });
    expect(made).toBe(2);
  });

  it('lets a duplicate wait for the first answer', async () => {
    gateway.requests.answers['requests.create'] = async () => {
      made += 1;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return anItem();
    };
    const [first, second] = await Promise.all([create(), create()]);
    expect([first?.body, made]).toEqual([second?.body, 1]);
  });

  it('answers CONFLICT to a duplicate when the first takes long', async () => {
    let finish: () => void = () => undefined;
    gateway.requests.answers['requests.create'] = () => new Promise((resolve) => (finish = () => resolve(anItem())));
    const first = create();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(codeOf(await create())).toBe('CONFLICT');
    finish();
    expect((await first).body.errors).toBeUndefined();
  });

  it('keeps a refusal that stands, and forgets one that trying again may change', async () => {
    gateway.requests.answers['requests.create'] = () => {
      made += 1;
      throw new AppError(made === 1 ? 'SERVICE_UNAVAILABLE' : 'NOT_FOUND', 'no');
    };
    const answers = [await create(), await create(), await create()];
    expect([answers.map(codeOf), made]).toEqual([['SERVICE_UNAVAILABLE', 'NOT_FOUND', 'NOT_FOUND'], 2]);
  });

  it('goes on to the service with a request, again after an answer that was lost, and without one is left out', async () => {
    gateway.requests.answers['requests.create'] = () => {
      made += 1;
      if (made === 1) throw new AppError('SERVICE_UNAVAILABLE', 'lost');
      return anItem();
    };
    await create();
    await create();
    await create({ headers: {} });
    expect(gateway.requests.calls.map(({ input: sent }) => (sent as { key?: string }).key)).toEqual(['key-1', 'key-1', undefined]);
  });

  it.each([
    ['comment', 'id: "r1", text: "x"'],
    ['cancelRequest', 'id: "r1"'],
    ['pauseRequest', 'id: "r1"'],
    ['resumeRequest', 'id: "r1"'],
    ['raiseBudget', `id: "r1", limits: { tokens: null, costMicros: null, wallClockMs: null, attempts: 3 }, digest: "${'a'.repeat(64)}"`],
  ])('goes on to the service with %s', async (word, given) => {
    gateway.requests.answers['requests.word'] = () => ({ state: 'PLANNING', paused: false, outcome: 'recorded', code: null, message: null });
    const { body } = await gateway.send('admin', `mutation { ${word}(input: { ${given} }) { outcome } }`, {}, key);
    expect(body.data).toEqual({ [word]: { outcome: 'recorded' } });
    expect(gateway.requests.calls).toMatchObject([{ name: 'requests.word', input: { key: 'key-1' } }]);
  });

  it('gives a suspended person no stored answer', async () => {
    await create();
    gateway.projects.answers['people.me'] = () => aViewer('reviewer', { active: false });
    expect(codeOf(await create())).toBe('ACTOR_INACTIVE');
  });

  it.each(['a b', 'ü', 'x'.repeat(201)])('refuses %j as a key', async (bad) => {
    const answer = await create({ headers: { 'idempotency-key': Buffer.from(bad).toString('latin1') } });
    expect(answer.body.errors?.[0]?.extensions).toEqual({ code: 'INVALID_INPUT', field: 'Idempotency-Key' });
  });

  it('answers an error when the store cannot be asked, and carries nothing out', async () => {
    gateway.store.claim = () => Promise.reject(new AppError('DATABASE_UNAVAILABLE', 'gone'));
    expect([codeOf(await create()), made]).toEqual(['DATABASE_UNAVAILABLE', 0]);
  });
});
