import { AppError } from '@countersign/domain';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type TestGateway, testGateway } from '../test/gateway.fixture.js';
import { anItem, aViewer } from '../test/services.fake.js';
import { DEFAULT_LIMITS } from './limits.js';

const CREATE = 'mutation ($input: CreateRequestInput!) { createRequest(input: $input) { id state } }';
const input = { project: 'sample', title: 'rename a to b', body: '' };
const codeOf = (answer: { body: { errors?: readonly { extensions: { code: string } }[] } }) => answer.body.errors?.[0]?.extensions.code;

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await testGateway();
  gateway.requests.answers['requests.create'] = () => anItem();
  gateway.requests.answers['requests.inbox'] = () => ({ needsMe: 1, waiting: 2, running: 3, done: 4 });
  gateway.requests.answers['requests.word'] = () => ({ state: 'CANCELLED', paused: false, outcome: 'recorded', code: null, message: null });
});
afterAll(() => gateway.close());

describe('the GraphQL API', () => {
  it('tells a person who they are and what they may do', async () => {
    const { body } = await gateway.send('reviewer', '{ me { subject tenant roles permissions } inbox { needsMe done } }');

    expect(body.data).toEqual({
      me: expect.objectContaining({ subject: 'reviewer', tenant: 'tenant-1', roles: ['reviewer'] }),
      inbox: { needsMe: 1, done: 4 },
    });
  });

  it("passes the person's own token and the input on to the service", async () => {
    const { body } = await gateway.send('reviewer', CREATE, { input });
    const call = gateway.requests.calls.find(({ name }) => name === 'requests.create');

    expect(body.data).toEqual({ createRequest: { id: 'r1', state: 'RECEIVED' } });
    expect(call?.input).toEqual(input);
    expect(call?.credential).toMatch(/^ey/);
  });

  it('refuses an operation whose permission the person holds nowhere, before any service is asked', async () => {
    const before = gateway.requests.timesCalled('requests.create');
    const answer = await gateway.send('observer', CREATE, { input });

    expect(codeOf(answer)).toBe('FORBIDDEN');
    expect(gateway.requests.timesCalled('requests.create')).toBe(before);
  });

  it('leaves a cancel by somebody without the permission to the service, which knows whose request it is', async () => {
    const answer = await gateway.send('reviewer', 'mutation { cancelRequest(input: { id: "r1" }) { outcome state } }');
    expect(answer.body.data).toEqual({ cancelRequest: { outcome: 'recorded', state: 'CANCELLED' } });
  });

  it('refuses a suspended person', async () => {
    const suspended = await testGateway();
    suspended.projects.answers['people.me'] = () => aViewer('admin', { active: false });
    expect(codeOf(await suspended.send('admin', '{ inbox { done } }'))).toBe('ACTOR_INACTIVE');
    await suspended.close();
  });

  it('translates dashes of a verdict both ways', async () => {
    gateway.requests.answers['requests.decide'] = ({ verdict }) => ({
      outcome: verdict === 'request-changes' ? 'recorded' : 'refused',
      code: null,
      message: null,
      decisionId: 'd1',
      state: 'PLANNING',
    });
    const decide = `mutation { decide(input: { id: "r1", gate: plan, digest: "${'a'.repeat(64)}", verdict: request_changes }) { outcome } }`;
    expect((await gateway.send('reviewer', decide)).body.data).toEqual({ decide: { outcome: 'recorded' } });
  });

  it('hands on a code, a message and the field of an expected error and nothing else', async () => {
    gateway.requests.answers['requests.get'] = () => {
      throw new AppError('NOT_FOUND', 'There is no request r9', { field: 'id', details: { secret: 1 }, cause: new Error('private') });
    };
    const { body } = await gateway.send('reviewer', '{ request(id: "r9") { id } }');
    expect(body).toEqual({
      data: null,
      errors: [{ message: 'There is no request r9', path: ['request'], extensions: { code: 'NOT_FOUND', field: 'id' } }],
    });
  });

  it('hides an unexpected error behind a reference that the log knows, without a stack trace', async () => {
    gateway.requests.answers['requests.get'] = () => {
      throw new Error('password=hunter2');
    };
    const answer = await gateway.send('reviewer', '{ request(id: "r9") { id } }');
    const reference = /as ([0-9a-f]{8})$/.exec(answer.body.errors?.[0]?.message ?? '')?.[1];

    expect(codeOf(answer)).toBe('INTERNAL');
    expect(answer.text).not.toMatch(/hunter2|stack|\.ts|\.js/);
    expect(gateway.logged.join('')).toContain(reference);
  });

  it('names the field that a service found wrong', async () => {
    const { body } = await gateway.send('reviewer', CREATE, { input: { ...input, title: ' ' } });
    expect(body.errors?.[0]?.extensions).toEqual({ code: 'INVALID_INPUT', field: 'title' });
  });

  it('makes a new context for every call', async () => {
    const [first, second] = await Promise.all([
      gateway.send('reviewer', '{ me { subject } }'),
      gateway.send('admin', '{ me { subject } }'),
    ]);
    expect([first?.body.data, second?.body.data]).toEqual([{ me: { subject: 'reviewer' } }, { me: { subject: 'admin' } }]);
  });

  it('ends an operation that takes too long', async () => {
    const slow = await testGateway({ limits: { ...DEFAULT_LIMITS, deadlineMs: 50 } });
    slow.requests.answers['requests.inbox'] = () => new Promise(() => undefined);
    expect(codeOf(await slow.send('reviewer', '{ inbox { done } }'))).toBe('DEADLINE_EXCEEDED');
    await slow.close();
  });
});
