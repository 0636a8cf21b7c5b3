import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';

import { AppError } from '@countersign/domain';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { base64url, SignJWT } from 'jose';

import { type Answer, type TestGateway, testGateway } from '../../test/gateway.fixture.js';
import { DEFAULT_LIMITS } from '../limits.js';

const codeOf = ({ body }: Answer) => (body.errors?.[0]?.extensions ?? body.error)?.code;
const QUERY = JSON.stringify({ query: '{ inbox { done } }' });
const JSON_TYPE = { 'content-type': 'application/json' };

let gateway: TestGateway;
let token: string;

beforeAll(async () => {
  gateway = await testGateway({
    probes: [
      { name: 'postgres', check: async () => undefined },
      { name: 'requests', check: async () => Promise.reject(new AppError('SERVICE_UNAVAILABLE', 'not there')) },
    ],
  });
  gateway.requests.answers['requests.inbox'] = () => ({ needsMe: 0, waiting: 0, running: 0, done: 4 });
  token = await gateway.issuer.tokenFor({ subject: 'reviewer' });
});
afterAll(() => gateway.close());

const post = (headers: Record<string, string> = {}, body = QUERY) =>
  gateway.fetch('/graphql', { method: 'POST', headers: { ...JSON_TYPE, authorization: `Bearer ${token}`, ...headers }, body });

function rawStatus(headers: Record<string, string>): Promise<{ status: number | undefined; text: string }> {
  const { port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    const call = httpRequest({ host: '127.0.0.1', port, path: '/graphql', method: 'POST', headers: { ...JSON_TYPE, ...headers } }, (res) => {
      let text = '';
      res.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve({ status: res.statusCode, text }));
    });
    call.on('error', reject).end(QUERY);
  });
}

describe('who may come in', () => {
  const tokens: [string, () => Promise<string> | string][] = [
    ['no token at all', () => ''],
    ['an expired token', () => gateway.issuer.tokenFor({ subject: 'reviewer', expiresIn: -60 })],
    ['a token of another issuer', () => gateway.issuer.tokenFor({ subject: 'reviewer', issuer: 'https://evil.test' })],
    ['a token for another audience', () => gateway.issuer.tokenFor({ subject: 'reviewer', audience: 'other' })],
    ['an ID token in place of an access token', () => gateway.issuer.tokenFor({ subject: 'reviewer', typ: 'JWT' })],
    [
      'an alg:none token',
      () => {
        const part = (value: object) => base64url.encode(JSON.stringify(value));
        const claims = { iss: gateway.issuer.issuer, aud: gateway.issuer.apiAudience, sub: 'admin', iat: 1, exp: 4_000_000_000, client_id: 'x' };
        return `${part({ alg: 'none', typ: 'at+jwt' })}.${part(claims)}.`;
      },
    ],
    [
      'a token signed with a secret of the sender',
      () =>
        new SignJWT({ client_id: 'x' })
          .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'test' })
          .setIssuer(gateway.issuer.issuer)
          .setAudience(gateway.issuer.apiAudience)
          .setSubject('admin')
          .setIssuedAt()
          .setExpirationTime('5m')
          .sign(new TextEncoder().encode('a'.repeat(32))),
    ],
    ['a header that is no token', () => 'x y z'],
  ];

  it.each(tokens)('refuses %s', async (_, make) => {
    const answer = await post({ authorization: `Bearer ${await make()}` });
    expect([answer.status, codeOf(answer)]).toEqual([401, 'UNAUTHENTICATED']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('reads no document before it knows the person', async () => {
    const answer = await post({ authorization: '' }, 'not json');
    expect(codeOf(answer)).toBe('UNAUTHENTICATED');
  });

  it('refuses a Host that is not its own', async () => {
    const { status, text } = await rawStatus({ host: 'evil.test', authorization: `Bearer ${token}` });
    expect([status, (JSON.parse(text) as Answer['body']).errors?.[0]?.extensions]).toEqual([421, { code: 'FORBIDDEN', field: 'Host' }]);
  });

  it('refuses an Origin that is not its own, and answers one that is', async () => {
    const foreign = await post({ origin: 'http://evil.test' });
    const own = await post({ origin: 'http://console.test' });
    expect([foreign.status, codeOf(foreign)]).toEqual([403, 'FORBIDDEN']);
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    expect([own.status, own.headers.get('access-control-allow-origin')]).toEqual([200, 'http://console.test']);
  });
});

describe('what is served', () => {
  it('refuses GraphQL over GET', async () => {
    const answer = await gateway.fetch('/graphql?query={me{id}}', { headers: { authorization: `Bearer ${token}` } });
    expect([answer.status, codeOf(answer)]).toEqual([405, 'INVALID_INPUT']);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'refuses a %s body, which a foreign form could send',
    async (type) => {
      const answer = await post({ 'content-type': type });
      expect([answer.status, codeOf(answer)]).toEqual([415, 'INVALID_INPUT']);
    },
  );

  it('refuses a body over a megabyte', async () => {
    const answer = await post({}, JSON.stringify({ query: '{ inbox { done } }', variables: { a: 'x'.repeat(1_000_001) } }));
    expect([answer.status, codeOf(answer)]).toEqual([413, 'INVALID_INPUT']);
  });

  it.each([['{', 'body'], ['[]', 'body'], ['null', 'body'], ['[{"query":"{ inbox { done } }"}]', 'body'], ['{"query":1}', 'query'], ['{"query":"{ inbox { done } }","variables":[]}', 'variables']])(
    'refuses the body %s and names the field',
    async (body, field) => {
      const answer = await post({}, body);
      expect([answer.status, answer.body.errors?.[0]?.extensions]).toEqual([400, { code: 'INVALID_INPUT', field }]);
    },
  );

  it('has nothing at other addresses', async () => {
    const answer = await gateway.fetch('/api/v1/requests', {});
    expect([answer.status, answer.body.error?.code]).toEqual([404, 'NOT_FOUND']);
  });

  it('survives an upgrade request that is reset', async () => {
    const { port } = new URL(gateway.url);
    for (let round = 0; round < 5; round += 1) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => {
          socket.write('GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n');
          setTimeout(() => socket.resetAndDestroy(), 10);
        });
        socket.on('close', () => resolve()).on('error', () => undefined);
      });
    }
    expect((await post()).status).toBe(200);
  });
});

describe('liveness', () => {
  it('lives without asking anybody', async () => {
    expect((await gateway.fetch('/live')).body).toEqual({ ok: true });
  });

  it('is ready when every part is, and says which is not', async () => {
    const answer = await gateway.fetch('/ready');
    expect(answer.status).toBe(503);
    expect(answer.body).toEqual({
      ok: false,
      parts: [
        { name: 'postgres', ok: true, ms: expect.any(Number) },
        { name: 'requests', ok: false, ms: expect.any(Number), message: 'not there' },
      ],
    });
  });
});

describe('rate limits', () => {
  it('count one person, name the code and say when to come back', async () => {
    const strict = await testGateway({ limits: { ...DEFAULT_LIMITS, requestsPerMinute: 3 } });
    strict.requests.answers['requests.inbox'] = () => ({ needsMe: 0, waiting: 0, running: 0, done: 0 });
    const both = '{ a: inbox { done } b: inbox { done } }';
    for (let count = 0; count < 3; count += 1) expect((await strict.send('reviewer', both)).body.errors).toBeUndefined();
    const answer = await strict.send('reviewer', both);

    expect(codeOf(answer)).toBe('RATE_LIMITED');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await strict.send('admin', both)).body.errors).toBeUndefined();
    await strict.close();
  });
});

describe('artifact download', () => {
  const sha256 = 'a'.repeat(64);
  const content = Buffer.from('0123456789'.repeat(120_000));
  const get = (path: string, headers: Record<string, string> = { authorization: `Bearer ${token}` }) => gateway.fetch(path, { headers });

  beforeAll(() => {
    gateway.requests.answers['artifacts.read'] = ({ offset, limit }) => ({
      base64: content.subarray(offset, offset + limit).toString('base64'),
      bytes: content.length,
      name: 'a "b"\r\nx-evil: 1/../c.patch',
      mediaType: 'text/x-diff',
    });
  });

  it('streams the pieces as a file that no browser runs', async () => {
    const answer = await get(`/artifacts/${sha256}`);
    expect(answer.text).toBe(content.toString());
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="a__b___x-evil__1_.._c.patch"');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(gateway.requests.timesCalled('artifacts.read')).toBe(3);
  });

  it('needs a person and a whole digest', async () => {
    expect([(await get(`/artifacts/${sha256}`, {})).status, (await get('/artifacts/abc')).body.error?.field]).toEqual([401, 'sha256']);
  });

  it('answers as the service does for what is not there or not theirs', async () => {
    gateway.requests.answers['artifacts.read'] = () => {
      throw new AppError('NOT_FOUND', 'no such artifact');
    };
    const answer = await get(`/artifacts/${sha256}`);
    expect([answer.status, answer.body]).toEqual([404, { error: { code: 'NOT_FOUND', message: 'no such artifact' } }]);
  });

  it('breaks the connection where a piece is missing, so that no short file looks whole', async () => {
    gateway.requests.answers['artifacts.read'] = ({ offset }) => ({ base64: offset === 0 ? 'aaaa' : '', bytes: 10, name: 'x', mediaType: 'text/plain' });
    await expect(get(`/artifacts/${sha256}`)).rejects.toThrow();
  });
});
