import { AppError } from '@countersign/domain';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { type Answer, type TestGateway, testGateway } from '../../test/gateway.fixture.js';

const KEY_ID = 'A'.repeat(43);
const EXPORT_ID = '4a1a0e4c-8f7e-4e6c-9a55-2b3b3f2a9d10';
const codeOf = ({ body }: Answer) => body.errors?.[0]?.extensions;

let gateway: TestGateway;
let token: string;

beforeEach(async () => {
  gateway = await testGateway();
  token = await gateway.issuer.tokenFor({ subject: 'observer' });
});
afterEach(() => gateway.close());

const inputOf = (name: string) => gateway.requests.calls.find((call) => call.name === name)?.input;

describe('the published list of keys', () => {
  it('is the stored text to the byte, for whoever asks, and asked for as the gateway itself', async () => {
    // Another order of members and another escape than ours would write: nothing may be written again.
    const envelope = '{"payloadType":"x","payload":"e30=","signatures":[{"sig":"\\u00e9"}]}';
    gateway.requests.answers['keys.list'] = () => ({ envelope, rootFingerprint: 'f' });
    const answer = await gateway.fetch('/.well-known/countersign-keys.json');

    expect([answer.status, answer.text]).toEqual([200, envelope]);
    expect([answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual(['application/json; charset=utf-8', 'public, max-age=60']);
    expect(gateway.requests.calls).toEqual([{ name: 'keys.list', input: {}, credential: 'gateway' }]);
  });

  it('says so where services/requests is away', async () => {
    gateway.requests.answers['keys.list'] = () => {
      throw new AppError('SERVICE_UNAVAILABLE', 'not there');
    };
    const { status, body, headers } = await gateway.fetch('/.well-known/countersign-keys.json');
    expect([status, body, headers.get('cache-control')]).toEqual([503, { error: { code: 'SERVICE_UNAVAILABLE', message: 'not there' } }, 'no-store']);
  });
});

describe('keys and log over GraphQL', () => {
  const ROTATE = 'mutation { rotateKey(purpose: log) { outcome number envelope document } }';
  const REVOKE = 'mutation ($id: ID!, $good: [GoodSizeInput!]) { revokeKey(id: $id, reason: compromised, good: $good) { outcome number envelope document } }';

  it('shows the keys to everybody who is signed in', async () => {
    gateway.requests.answers['keys.list'] = () => ({ envelope: '{}', rootFingerprint: 'f' });
    const { body } = await gateway.send('observer', '{ signingKeys { envelope rootFingerprint } }');
    expect(body.data).toEqual({ signingKeys: { envelope: '{}', rootFingerprint: 'f' } });
  });

  it('tells how the log is, with what is wrong with it', async () => {
    const broken = { index: 3_000_000_000, code: 'LOG_BROKEN', text: 'entry 3000000000 was changed', at: '2026-11-21T08:00:00.000Z' };
    const status = { origin: 'o/log/t/1', size: 4_000_000_000, at: broken.at, checkpoint: 'note', broken };
    gateway.requests.answers['log.status'] = () => status;
    const { body } = await gateway.send('observer', '{ logStatus { origin size at checkpoint broken { index code text at } } }');
    expect(body.data).toEqual({ logStatus: status });
  });

  it.each([
    [ROTATE], ['mutation { revokeKey(id: "k", reason: superseded) { number } }'], ['mutation { publishKeys(envelope: "{}") { number } }'],
    ['mutation { recoverLog { origin } }'],
  ])('is for admins only: %s', async (document) => {
    expect(codeOf(await gateway.send('maintainer', document))).toEqual({ code: 'FORBIDDEN' });
    expect(gateway.requests.calls).toEqual([]);
  });

  it('answers a list that is in force, and one that waits for a root key kept elsewhere', async () => {
    gateway.requests.answers['keys.rotate'] = ({ purpose }) => ({ outcome: 'toSign', number: 2, document: purpose });
    gateway.requests.answers['keys.publish'] = ({ envelope }) => ({ outcome: 'published', number: 2, envelope });
    const rotated = await gateway.send('admin', ROTATE);
    const published = await gateway.send('admin', 'mutation ($envelope: String!) { publishKeys(envelope: $envelope) { outcome number envelope document } }', { envelope: '{"a":1}' });

    expect(rotated.body.data).toEqual({ rotateKey: { outcome: 'toSign', number: 2, envelope: null, document: 'log' } });
    expect(published.body.data).toEqual({ publishKeys: { outcome: 'published', number: 2, envelope: '{"a":1}', document: null } });
  });

  it('hands on the good size of each log, and refuses a log that is named twice', async () => {
    gateway.requests.answers['keys.revoke'] = () => ({ outcome: 'published', number: 3, envelope: '{}' });
    const one = { origin: 'o/log/t/1', size: 7 };
    const { body } = await gateway.send('admin', REVOKE, { id: KEY_ID, good: [one, { origin: '__proto__', size: 1 }] });
    const twice = await gateway.send('admin', REVOKE, { id: KEY_ID, good: [one, { ...one, size: 8 }] });

    expect(body.data).toMatchObject({ revokeKey: { outcome: 'published', number: 3 } });
    expect(inputOf('keys.revoke')).toEqual({ id: KEY_ID, reason: 'compromised', good: JSON.parse('{"o/log/t/1":7,"__proto__":1}') });
    expect(codeOf(twice)).toEqual({ code: 'INVALID_INPUT', field: 'good' });
    expect(gateway.requests.timesCalled('keys.revoke')).toBe(1);
  });

  it('rotates once where a mutation is sent again with its key', async () => {
    gateway.requests.answers['keys.rotate'] = () => ({ outcome: 'published', number: 2, envelope: '{}' });
    const send = () => gateway.send('admin', ROTATE, {}, { 'idempotency-key': 'rotate-1' });
    const [first, second] = [await send(), await send()];

    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(gateway.requests.timesCalled('keys.rotate')).toBe(1);
  });

  it('recovers a log', async () => {
    gateway.requests.answers['log.recover'] = () => ({ origin: 'o/log/t/2', lost: 1, entered: 40 });
    const { body } = await gateway.send('admin', 'mutation { recoverLog { origin lost entered } }');
    expect(body.data).toEqual({ recoverLog: { origin: 'o/log/t/2', lost: 1, entered: 40 } });
  });
});

describe('audit exports', () => {
  const made = { id: EXPORT_ID, bytes: 10, sha256: 'a'.repeat(64), entries: 2 };
  const post = (body: string, headers: Record<string, string> = {}) =>
    gateway.fetch('/audit/exports', { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers }, body });
  const get = (id: string, headers: Record<string, string> = { authorization: `Bearer ${token}` }) => gateway.fetch(`/audit/exports/${id}`, { headers });

  beforeEach(() => {
    gateway.requests.answers['log.export'] = () => made;
  });

  it("are made as the person wishes, with the person's own token", async () => {
    const wish = { from: '2026-11-01T00:00:00.000Z', to: '2026-12-01T00:00:00Z', earlier: 'o\n1\nx\n\n— o y\n' };
    const answer = await post(JSON.stringify(wish));

    expect([answer.status, answer.body]).toEqual([200, made]);
    expect(gateway.requests.calls).toEqual([{ name: 'log.export', input: wish, credential: token }]);
    expect((await post('{}')).status).toBe(200);
  });

  it.each([
    ['{"request":"r1","from":"2026-11-01T00:00:00Z"}', 'request'],
    ['{"from":"yesterday"}', 'from'],
    ['{"to":null}', 'to'],
    ['{"requests":"r1"}', 'requests'],
    ['{"__proto__":{"request":"r1"}}', '__proto__'],
    ['[]', 'body'],
    ['"r1"', 'body'],
    ['{', 'body'],
  ])('refuse %s and name the field', async (body, field) => {
    const answer = await post(body);
    expect([answer.status, answer.body.error]).toEqual([400, { code: 'INVALID_INPUT', message: expect.any(String), field }]);
    expect(gateway.requests.calls).toEqual([]);
  });

  it('refuse a form of a foreign page, a stranger, and a body that is too large', async () => {
    expect((await post('{}', { 'content-type': 'text/plain' })).body.error).toMatchObject({ code: 'INVALID_INPUT', field: 'Content-Type' });
    expect([(await post('{', { authorization: '' })).status, (await get(EXPORT_ID, {})).status]).toEqual([401, 401]);
    const large = await post(`{"earlier":"${'x'.repeat(1_000_001)}"}`);
    expect([large.status, large.body.error?.field]).toEqual([413, 'body']);
    expect(gateway.requests.calls).toEqual([]);
  });

  it('are fetched in pieces as a file', async () => {
    const content = Buffer.from(JSON.stringify('0123456789'.repeat(60_000)));
    gateway.requests.answers['log.exportRead'] = ({ offset, limit }) => ({ base64: content.subarray(offset, offset + limit).toString('base64'), bytes: content.length });
    const answer = await get(EXPORT_ID);

    expect(answer.text).toBe(content.toString());
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="countersign-audit-${EXPORT_ID}.json"`);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(gateway.requests.timesCalled('log.exportRead')).toBe(2);
  });

  it('are gone after a while, and never a path', async () => {
    gateway.requests.answers['log.exportRead'] = () => {
      throw new AppError('NOT_FOUND', 'no such export', { field: 'id' });
    };
    expect((await get(EXPORT_ID)).status).toBe(404);
    expect((await get('..%2Fx')).body.error?.field).toBe('id');
  });
});
