import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { AppError } from '@countersign/domain';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';

import { type TestGateway, testGateway } from './gateway.fixture.js';
import { type LiveClient, liveClient } from './live-client.js';
import { anItem, aViewer } from './services.fake.js';
import { DEFAULT_LIMITS, type Limits } from '../src/limits.js';

const CHANGED = 'subscription ($id: ID!, $after: String) { requestChanged(id: $id, after: $after) { cursor gate request { id state } events { seq state } } }';
const LOG = 'subscription ($id: ID!, $after: SafeInt) { logAppended(id: $id, after: $after) { offset text next ended } }';
const INBOX = 'subscription ($after: String) { inboxChanged(after: $after) { needsMe cursor } }';

let gateway: TestGateway;
const clients: LiveClient[] = [];
/** Versions of the one request, as services/requests would keep them. */
let version: number;
let log: string;
let isLogOver: boolean;

async function start(limits: Partial<Limits> = {}): Promise<void> {
  await gateway?.close();
  version = 1;
  log = '';
  isLogOver = false;
  gateway = await testGateway({ limits: { ...DEFAULT_LIMITS, ...limits } });
  const { answers } = gateway.requests;
  answers['live.changes'] = ({ id, after }) => {
    if (id !== 'r1') throw new AppError('NOT_FOUND', `There is no request ${id}`, { field: 'id' });
    const seen = after === null ? version : Number(after);
    if (after !== null && seen === version) return null;
    const events = Array.from({ length: version - seen }, (_, index) => ({ seq: seen + index + 1, at: '', type: 'note', actor: null, text: '', state: null }));
    return { cursor: String(version), request: anItem(), gate: null, events, hasMore: false };
  };
  answers['requests.log'] = ({ after = 0, limit = 10 }) => {
    const text = log.slice(after, after + limit);
    return { text, next: after + text.length, ended: text === '' && isLogOver };
  };
  answers['requests.inbox'] = () => ({ needsMe: version, waiting: 0, running: 0, done: 0 });
}

beforeEach(() => start());
afterEach(async () => {
  await Promise.all(clients.splice(0).map(({ client }) => client.dispose()));
  await gateway.close();
});

async function as(role: string, over: { expiresIn?: number; headers?: Record<string, string> } = {}): Promise<LiveClient> {
  const token = await gateway.issuer.tokenFor({ subject: role, ...(over.expiresIn === undefined ? {} : { expiresIn: over.expiresIn }) });
  const made = liveClient(gateway.url, token, over.headers);
  clients.push(made);
  return made;
}

const change = (): void => {
  version += 1;
  gateway.live.tell('r1');
};
const closeOf = (failure: unknown): [number, string] => [(failure as { code: number }).code, (failure as { reason: string }).reason];
const codesOf = (received: { errors?: readonly { extensions?: { code?: string } }[] } | undefined) => received?.errors?.map(({ extensions }) => extensions?.code);
const codesOfErrors = (failure: unknown) => codesOf({ errors: failure as { extensions?: { code?: string } }[] });

describe('requestChanged', () => {
  it('begins with the state as it is and tells every change after it, each with its cursor', async () => {
    const changed = (await as('reviewer')).subscribe(CHANGED, { id: 'r1' });
    await changed.until(1);
    change();
    await changed.until(2);
    change();
    expect((await changed.until(3)).map(({ data }) => data?.['requestChanged'])).toEqual([
      { cursor: '1', gate: null, request: { id: 'r1', state: 'RECEIVED' }, events: [] },
      { cursor: '2', gate: null, request: { id: 'r1', state: 'RECEIVED' }, events: [{ seq: 2, state: null }] },
      { cursor: '3', gate: null, request: { id: 'r1', state: 'RECEIVED' }, events: [{ seq: 3, state: null }] },
    ]);
  });

  it('goes on behind a cursor after a disconnect, with nothing lost and nothing twice', async () => {
    const first = await as('reviewer');
    const before = first.subscribe(CHANGED, { id: 'r1' });
    await before.until(1);
    await first.client.dispose();
    for (let count = 0; count < 3; count += 1) change();
    const after = (await as('reviewer')).subscribe(CHANGED, { id: 'r1', after: '1' });
    const [event] = await after.until(1);
    expect(event?.data?.['requestChanged']).toMatchObject({ cursor: '4', events: [{ seq: 2 }, { seq: 3 }, { seq: 4 }] });
    await sleep(50);
    expect(after.events).toHaveLength(1);
  });

  it('loses nothing while services/requests was away', async () => {
    const changed = (await as('reviewer')).subscribe(CHANGED, { id: 'r1' });
    await changed.until(1);
    gateway.live.close();
    version += 1;
    await sleep(50);
    expect(changed.events).toHaveLength(1);
    gateway.live.restart();
    expect((await changed.until(2))[1]?.data?.['requestChanged']).toMatchObject({ cursor: '2', events: [{ seq: 2 }] });
  });

  it('is told of no other request, and asks about none', async () => {
    const changed = (await as('reviewer')).subscribe(CHANGED, { id: 'r1' });
    await changed.until(1);
    await sleep(30);
    const asked = gateway.requests.timesCalled('live.changes');
    for (let count = 0; count < 20; count += 1) gateway.live.tell(`other-${count}`, 'request', 'tenant-2');
    gateway.live.tell('r1', 'log');
    await sleep(50);
    expect([gateway.requests.timesCalled('live.changes'), changed.events.length]).toEqual([asked, 1]);
  });

  it('ends with the reason as soon as the person may no longer read it', async () => {
    const changed = (await as('reviewer')).subscribe(CHANGED, { id: 'r1' });
    await changed.until(1);
    gateway.requests.answers['live.changes'] = () => {
      throw new AppError('ACTOR_INACTIVE', 'This person is suspended');
    };
    change();
    await changed.ended();
    expect([codesOf(changed.events[1]), changed.events[1]?.data, changed.isComplete]).toEqual([['ACTOR_INACTIVE'], null, true]);
  });

  it('of a request that is not there, or another tenant’s, says just that', async () => {
    const changed = (await as('reviewer')).subscribe(CHANGED, { id: 'r2' });
    await changed.ended();
    expect(changed.events.map(codesOf)).toEqual([['NOT_FOUND']]);
  });

  it('tells of an unexpected failure only where the log knows more', async () => {
    gateway.requests.answers['live.changes'] = () => {
      throw new Error('password=hunter2');
    };
    const changed = (await as('reviewer')).subscribe(CHANGED, { id: 'r1' });
    await changed.ended();
    expect(codesOf(changed.events[0])).toEqual(['INTERNAL']);
    expect(JSON.stringify(changed.events)).not.toContain('hunter2');
    expect(gateway.logged.join()).toContain('hunter2');
  });
});

describe('logAppended', () => {
  it('gives the log in pieces by offset while it grows, and ends with it', async () => {
    log = 'one\n';
    const pieces = (await as('reviewer')).subscribe(LOG, { id: 'r1' });
    await pieces.until(1);
    log += 'two\n';
    gateway.live.tell('r1', 'log');
    await pieces.until(2);
    isLogOver = true;
    gateway.live.tell('r1');
    await pieces.ended();
    expect(pieces.events.map(({ data }) => data?.['logAppended'])).toEqual([
      { offset: 0, text: 'one\n', next: 4, ended: false },
      { offset: 4, text: 'two\n', next: 8, ended: false },
      { offset: 8, text: '', next: 8, ended: true },
    ]);
    expect(pieces.isComplete).toBe(true);
  });

  it('goes on at an offset and looks seldom however often the log grows', async () => {
    log = 'x'.repeat(10);
    const pieces = (await as('reviewer')).subscribe(LOG, { id: 'r1', after: 4 });
    expect((await pieces.until(1))[0]?.data?.['logAppended']).toMatchObject({ offset: 4, text: 'xxxxxx' });
    await sleep(120);
    const before = gateway.requests.timesCalled('requests.log');
    const begin = performance.now();
    for (let count = 0; count < 200; count += 1) {
      gateway.live.tell('r1', 'log');
      await sleep(1);
    }
    // A few calls for each rest of 100 ms, not one for each of 200 hints; a slow machine takes longer over the loop.
    expect(gateway.requests.timesCalled('requests.log') - before).toBeLessThan(3 * ((performance.now() - begin) / 100 + 1));
  });
});

describe('inboxChanged', () => {
  it('counts again when something of the tenant changes, and is silent where the counts are the same', async () => {
    const inbox = (await as('reviewer')).subscribe(INBOX);
    expect((await inbox.until(1))[0]?.data).toEqual({ inboxChanged: { needsMe: 1, cursor: '1.0.0.0' } });
    gateway.live.tell('r1');
    await sleep(150);
    version = 2;
    gateway.live.tell('foreign', 'request', 'tenant-2');
    await sleep(150);
    expect(inbox.events).toHaveLength(1);
    gateway.live.tell('r1');
    expect((await inbox.until(2))[1]?.data).toEqual({ inboxChanged: { needsMe: 2, cursor: '2.0.0.0' } });

    const again = (await as('reviewer')).subscribe(INBOX, { after: '2.0.0.0' });
    await sleep(150);
    expect(again.events).toEqual([]);
  });

  it('ends when the last role is taken away', async () => {
    const inbox = (await as('reviewer')).subscribe(INBOX);
    await inbox.until(1);
    gateway.projects.answers['people.me'] = () => ({ ...aViewer('reviewer'), grants: [] });
    gateway.live.tell('r1');
    await inbox.ended();
    expect(codesOf(inbox.events[1])).toEqual(['FORBIDDEN']);
  });
});

describe('who may connect', () => {
  it.each([
    ['without a token', async () => undefined],
    ['with nonsense', async () => 'nonsense'],
    ['with a token that has run out', async () => gateway.issuer.tokenFor({ subject: 'reviewer', expiresIn: -60 })],
    ['with a token for another audience', async () => gateway.issuer.tokenFor({ subject: 'reviewer', audience: 'other' })],
  ])('nobody %s: 4403', async (_, tokenOf) => {
    const client = liveClient(gateway.url, await tokenOf());
    clients.push(client);
    const changed = client.subscribe(CHANGED, { id: 'r1' });
    await changed.ended();
    expect(closeOf(changed.failure)).toEqual([4403, 'Forbidden']);
    expect(gateway.requests.calls).toEqual([]);
  });

  it('nobody who is suspended', async () => {
    gateway.projects.answers['people.me'] = () => aViewer('reviewer', { active: false });
    const changed = (await as('reviewer')).subscribe(CHANGED, { id: 'r1' });
    await changed.ended();
    expect(closeOf(changed.failure)[0]).toBe(4403);
  });

  it('for no longer than the token lasts: 4403, and a fresh one goes on by cursor', async () => {
    const changed = (await as('reviewer', { expiresIn: 1 })).subscribe(CHANGED, { id: 'r1' });
    await changed.until(1);
    await changed.ended();
    expect(closeOf(changed.failure)).toEqual([4403, 'The token has expired']);
    change();
    const again = (await as('reviewer')).subscribe(CHANGED, { id: 'r1', after: '1' });
    expect((await again.until(1))[0]?.data?.['requestChanged']).toMatchObject({ cursor: '2' });
  });

  it('to subscribe only where a role allows it', async () => {
    gateway.projects.answers['people.me'] = () => ({ ...aViewer('observer'), grants: [] });
    const changed = (await as('observer')).subscribe(CHANGED, { id: 'r1' });
    await changed.ended();
    expect(changed.events.map(codesOf)).toEqual([['FORBIDDEN']]);
    expect(gateway.requests.calls).toEqual([]);
  });

  it.each([
    ['a foreign page', { origin: 'http://evil.test' }, 403],
    ['a foreign host name', { host: 'evil.test' }, 421],
  ])('not through %s', async (_, headers, status) => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
    const answered = await new Promise((resolve) => socket.on('unexpected-response', (_request, response) => resolve(response.statusCode)).on('error', () => undefined));
    expect(answered).toBe(status);
  });

  it('from our own page', async () => {
    const changed = (await as('reviewer', { headers: { origin: 'http://console.test' } })).subscribe(CHANGED, { id: 'r1' });
    expect(await changed.until(1)).toHaveLength(1);
  });
});

describe('limits of sockets', () => {
  it('one person holds so many, another is not touched, and a place is given back', async () => {
    await start({ socketsPerPerson: 2 });
    const held = await Promise.all([as('reviewer'), as('reviewer')]);
    for (const client of held) await client.subscribe(CHANGED, { id: 'r1' }).until(1);
    const third = (await as('reviewer')).subscribe(CHANGED, { id: 'r1' });
    await third.ended();
    expect(closeOf(third.failure)[0]).toBe(4429);
    await (await as('admin')).subscribe(CHANGED, { id: 'r1' }).until(1);
    await held[0]?.client.dispose();
    await sleep(50);
    expect(await (await as('reviewer')).subscribe(CHANGED, { id: 'r1' }).until(1)).toHaveLength(1);
  });

  it('one connection holds so many subscriptions', async () => {
    await start({ subscriptionsPerSocket: 2 });
    const client = await as('reviewer');
    await client.subscribe(CHANGED, { id: 'r1' }).until(1);
    const second = client.subscribe(CHANGED, { id: 'r1' });
    await second.until(1);
    const third = client.subscribe(CHANGED, { id: 'r1' });
    await third.ended();
    expect(codesOfErrors(third.failure)).toEqual(['RATE_LIMITED']);
    second.stop();
    await sleep(50);
    expect(await client.subscribe(CHANGED, { id: 'r1' }).until(1)).toHaveLength(1);
  });

  it('beginning a subscription counts as one request of the person', async () => {
    await start({ requestsPerMinute: 2 });
    const client = await as('reviewer');
    for (let count = 0; count < 2; count += 1) await client.subscribe(CHANGED, { id: 'r1' }).until(1);
    const third = client.subscribe(CHANGED, { id: 'r1' });
    await third.ended();
    expect(third.events.map(codesOf)).toEqual([['RATE_LIMITED']]);
  });

  it.each([
    ['a query', '{ inbox { done } }', 'INVALID_INPUT'],
    ['a mutation', 'mutation { cancelRequest(input: { id: "r1" }) { state } }', 'INVALID_INPUT'],
    ['a wrong field', 'subscription { requestChangd(id: "r1") { cursor } }', 'INVALID_INPUT'],
    ['a syntax error', 'subscription { ', 'INVALID_INPUT'],
    ['two fields', 'subscription { a: inboxChanged { cursor } b: inboxChanged { cursor } }', 'INVALID_INPUT'],
    ['introspection', 'subscription { inboxChanged { cursor } __schema { types { name } } }', 'INVALID_INPUT'],
    ['too many tokens', `subscription { inboxChanged { ${'cursor '.repeat(3_000)} } }`, 'QUERY_TOO_COMPLEX'],
    ['too many aliases', `subscription { inboxChanged { ${Array.from({ length: 30 }, (_, n) => `a${n}: cursor`).join(' ')} } }`, 'QUERY_TOO_COMPLEX'],
    ['too many directives', `subscription { inboxChanged { cursor ${'@include(if: true) '.repeat(50)} } }`, 'QUERY_TOO_COMPLEX'],
  ])('%s is refused by the rules of HTTP', async (_, query, code) => {
    const refused = (await as('reviewer')).subscribe(query);
    await refused.ended();
    expect(codesOfErrors(refused.failure)?.[0]).toBe(code);
    expect(JSON.stringify(refused.failure)).not.toContain('requestChanged"');
    expect(gateway.requests.calls).toEqual([]);
  });

  it('a subscription over HTTP is refused as the sender’s fault', async () => {
    const answer = await gateway.send('reviewer', 'subscription { inboxChanged { cursor } }');
    expect([answer.status, codesOf(answer.body)]).toEqual([400, ['INVALID_INPUT']]);
  });

  const raw = (): WebSocket => new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const closeCode = (socket: WebSocket): Promise<number> => new Promise((resolve) => socket.on('close', resolve).on('error', () => undefined));

  it('who does not say who they are in time is let go, as is who speaks another protocol, sends too much or not in text', async () => {
    await start({ socketAckMs: 50, socketMessageBytes: 1_000 });
    const [silent, large, binary] = [raw(), raw(), raw()];
    large.on('open', () => large.send('x'.repeat(2_000)));
    binary.on('open', () => binary.send(Buffer.from('{"type":"ping"}')));
    const foreign = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-ws');
    expect(await Promise.all([silent, large, binary, foreign].map(closeCode))).toEqual([4408, 1009, 4400, expect.any(Number)]);
  });

  it('who never answers a ping is let go', async () => {
    await start({ socketPingMs: 50 });
    const dead = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { autoPong: false });
    expect(await closeCode(dead)).toBe(1006);
  });

  it('who takes nothing is dropped, holds up nobody else, and goes on by offset', async () => {
    await start({ socketSlowMs: 300 });
    log = 'x'.repeat(40_000_000);
    const token = await gateway.issuer.tokenFor({ subject: 'reviewer' });
    const slow = raw();
    await new Promise((resolve) => slow.on('open', resolve));
    const messages: { type: string; payload?: { data: { logAppended: { next: number } } } }[] = [];
    slow.on('message', (data) => messages.push(JSON.parse(String(data)) as never));
    slow.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
    slow.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: LOG, variables: { id: 'r1' } } }));
    slow.pause();
    const changed = (await as('admin')).subscribe(CHANGED, { id: 'r1' });
    await changed.until(1);
    await sleep(1_600);
    const asked = gateway.requests.timesCalled('requests.log');
    await sleep(200);
    expect(gateway.requests.timesCalled('requests.log')).toBe(asked);
    expect(asked).toBeLessThan(390);
    change();
    await changed.until(2);
    const closed = closeCode(slow);
    slow.resume();
    await closed;
    const next = messages.at(-1)?.payload?.data.logAppended.next ?? 0;
    log = log.slice(0, next + 5);
    const again = (await as('reviewer')).subscribe(LOG, { id: 'r1', after: next });
    expect((await again.until(1))[0]?.data?.['logAppended']).toMatchObject({ offset: next, text: 'xxxxx' });
  });

  it('a stop lets every socket go and does not wait for them', async () => {
    const changed = (await as('reviewer')).subscribe(CHANGED, { id: 'r1' });
    await changed.until(1);
    const begun = Date.now();
    await gateway.close();
    await changed.ended();
    expect(closeOf(changed.failure)[0]).toBe(1001);
    expect(Date.now() - begun).toBeLessThan(1_000);
  });
});

describe('an upgrade', () => {
  const HEAD = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

  it.each(['/graphql', '/', '/artifacts', '/live', '/graphql/x', '*'])('of %s that is reset does not end the process', async (path) => {
    const { port } = new URL(gateway.url);
    for (let round = 0; round < 3; round += 1) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => {
          socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${HEAD}`);
          setTimeout(() => socket.resetAndDestroy(), round * 5);
        });
        socket.on('close', () => resolve()).on('error', () => undefined);
      });
    }
    expect((await gateway.send('reviewer', '{ inbox { done } }')).status).toBe(200);
  });

  it.each([['/', 404], ['/live', 404], ['/graphql/x', 404], ['/artifacts', 404]])('of %s is answered %d', async (path, status) => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}${path}`, 'graphql-transport-ws');
    const answered = await new Promise((resolve) => socket.on('unexpected-response', (_request, response) => resolve(response.statusCode)).on('error', () => undefined));
    expect(answered).toBe(status);
  });
});
