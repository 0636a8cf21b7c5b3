import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type TestGateway, testGateway } from '../../test/gateway.fixture.js';
import { isFromHere } from './metrics.controller.js';

const JSON_TYPE = { 'content-type': 'application/json' };

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway();
  gateway.requests.answers['requests.inbox'] = () => ({ needsMe: 0, waiting: 0, running: 0, done: 0 });
});
afterAll(() => gateway.close());

async function countOf(code: string): Promise<number> {
  const { text } = await gateway.fetch('/metrics');
  return Number(new RegExp(`^countersign_refused_calls_total\\{place="gateway",code="${code}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

/** How much the counter of a code grows by this. */
async function growth(code: string, act: () => Promise<unknown>): Promise<number> {
  const before = await countOf(code);
  await act();
  return (await countOf(code)) - before;
}

const post = (body: string, headers: Record<string, string> = {}) => gateway.fetch('/graphql', { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body });

function withHost(host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${gateway.url}/graphql`, { method: 'POST', headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sent.on('error', reject).end('{}');
  });
}

describe('/metrics', () => {
  it('is text in the exposition format, and one counter', async () => {
    const answer = await gateway.fetch('/metrics');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(answer.text).toContain('# TYPE countersign_refused_calls_total counter\n');
  });

  it('is not there for whoever a proxy passes on', async () => {
    for (const headers of [{ 'x-forwarded-for': '127.0.0.1' }, { forwarded: 'for=127.0.0.1' }]) {
      const answer = await gateway.fetch('/metrics', { headers: headers as Record<string, string> });
      expect([answer.status, answer.body.error?.code]).toEqual([404, 'NOT_FOUND']);
    }
  });

  it.each([['127.0.0.1', true], ['127.8.0.1', true], ['::1', true], ['::ffff:127.0.0.1', true], ['10.0.0.7', false], ['::ffff:10.0.0.7', false], ['1127.0.0.1', false], [undefined, false]])(
    'a peer at %s is from here: %s',
    (remoteAddress, expected) => {
      expect(isFromHere({ remoteAddress, forwarded: false })).toBe(expected);
    },
  );
});

describe('what is counted', () => {
  it('a token that does not hold, and none', async () => {
    expect(await growth('UNAUTHENTICATED', () => Promise.all([post('{}'), post('{}', { authorization: 'Bearer a.b.c' }), gateway.fetch(`/artifacts/${'a'.repeat(64)}`)]))).toBe(3);
  });

  it('a foreign page and a foreign name', async () => {
    expect(await growth('FORBIDDEN', async () => [await post('{}', { origin: 'http://evil.test' }), await withHost('evil.test')])).toBe(2);
  });

  it('a foreign page that opens a socket', async () => {
    const { port, host } = new URL(gateway.url);
    const upgrade = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect(Number(port), '127.0.0.1', () => {
          socket.write(`GET /graphql HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://evil.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
        });
        socket.once('data', (data) => resolve(data.toString())).on('error', reject);
      });
    expect(await growth('FORBIDDEN', async () => expect(await upgrade()).toContain('403 Forbidden'))).toBe(1);
  });

  it('a document over a limit, and a batch', async () => {
    const inboxes = Array.from({ length: 30 }, (_, n) => `a${n}: inbox { done }`).join(' ');
    const token = await gateway.issuer.tokenFor({ subject: 'reviewer' });
    expect(await growth('QUERY_TOO_COMPLEX', () => gateway.send('reviewer', `{ ${inboxes} }`))).toBeGreaterThan(0);
    expect(await growth('INVALID_INPUT', () => post('[{"query":"{ inbox { done } }"}]', { authorization: `Bearer ${token}` }))).toBe(1);
  });

  it('nothing of a call that is served', async () => {
    const before = (await gateway.fetch('/metrics')).text;
    expect((await gateway.send('reviewer', '{ inbox { done } }')).body.errors).toBeUndefined();
    expect((await gateway.fetch('/metrics')).text).toBe(before);
  });
});
