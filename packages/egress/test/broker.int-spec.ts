import { readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { DEFAULT_EGRESS_LIMITS } from '../src/traffic-meter.js';
import { aRule, askHttp, askHttps, BrokerWorld, logOf, openTunnel, over, secure } from '../src/testing/broker-world.js';

const KEY = 'Bearer sesame-7f1c';
const credentials = new Map([['api', { hosts: ['api.test'], header: 'authorization', value: KEY, projects: '*' as const }]]);

describe('the egress broker', () => {
  let world: BrokerWorld;

  beforeEach(async () => {
    world = await BrokerWorld.open();
  });
  afterEach(() => world.close());

  it('passes on what a rule allows, with the credential put in and the one from inside taken out', async () => {
    const { port, asked } = await world.upstream();
    const broker = await world.broker([aRule({ port, credential: 'api' })], { credentials });
    const answer = await askHttps(broker, 'api.test', port, { path: '/a?token=1', headers: { Authorization: 'mine', 'X-Kept': 'yes' } });
    expect(answer).toMatchObject({ status: 200, body: 'served /a?token=1' });
    expect(asked[0]?.headers).toMatchObject({ authorization: KEY, 'x-kept': 'yes', host: `api.test:${port}` });
    const log = await logOf(broker);
    expect(log).toEqual([expect.objectContaining({ phase: 'execute', method: 'GET', host: 'api.test', port, path: '/a', status: 200, allowed: true, credential: 'api', tunnel: false })]);
    expect(JSON.stringify(log)).not.toMatch(/sesame|token/);
  });

  it('judges every request of a kept connection', async () => {
    const { port, asked } = await world.upstream();
    const broker = await world.broker([aRule({ port })]);
    const tls = await secure(broker, await openTunnel(broker, `api.test:${port}`), 'api.test');
    const raw = (method: string): Promise<string> =>
      new Promise((resolve) => {
        tls.once('data', (chunk: Buffer) => resolve(chunk.toString()));
        tls.write(`${method} /x HTTP/1.1\r\nHost: api.test:${port}\r\n\r\n`);
      });
    expect(await raw('GET')).toMatch(/^HTTP\/1.1 200/);
    expect(await raw('POST')).toMatch(/^HTTP\/1.1 403 .*no rule allows POST/s);
    expect(await raw('GET')).toMatch(/^HTTP\/1.1 200/);
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'GET']);
    tls.destroy();
  });

  it.each([
    ['another host', 'other.test', 0],
    ['a name below the host', 'a.api.test', 0],
    ['another port', 'api.test', 1],
    ['an address in place of the name', '127.0.0.1', 0],
    ['an IPv6 address', '[::1]', 0],
  ])('refuses %s', async (_what, host, portShift) => {
    const { port, asked } = await world.upstream();
    const broker = await world.broker([aRule({ port })]);
    await expect(openTunnel(broker, `${host}:${port + portShift}`)).rejects.toThrow(/^403 .*no rule allows/s);
    expect(asked).toEqual([]);
    expect(await logOf(broker)).toEqual([expect.objectContaining({ allowed: false, status: 403, method: 'CONNECT' })]);
    expect(world.told).toEqual([expect.stringMatching(/^refused CONNECT .*no rule allows/)]);
  });

  it('allows every name below a wildcard, and not the name itself', async () => {
    const { port } = await world.upstream({ host: 'a.api.test' });
    const broker = await world.broker([aRule({ host: '*.api.test', port })]);
    expect(await askHttps(broker, 'a.api.test', port)).toMatchObject({ status: 200 });
    await expect(openTunnel(broker, `api.test:${port}`)).rejects.toThrow(/^403/);
  });

  it('refuses another Host header, and another name in TLS, inside of a connection', async () => {
    const { port, asked } = await world.upstream();
    const broker = await world.broker([aRule({ port })]);
    const tls = await secure(broker, await openTunnel(broker, `api.test:${port}`), 'api.test');
    expect(await over(tls, 'secret.test')).toMatchObject({ status: 421, body: expect.stringContaining('Host header') });
    await expect(secure(broker, await openTunnel(broker, `api.test:${port}`), 'secret.test')).rejects.toThrow();
    const again = await secure(broker, await openTunnel(broker, `api.test:${port}`), 'api.test');
    expect(await over(again, `api.test:${port}`, { path: 'https://secret.test/' })).toMatchObject({ status: 400 });
    expect(asked).toEqual([]);
    const reasons = (await logOf(broker)).map(({ reason }) => reason);
    expect(reasons).toEqual([expect.stringContaining('Host header'), expect.stringContaining('TLS asks for secret.test'), expect.stringContaining('asks for a path')]);
  });

  it('does not let a Connection header take the framing away', async () => {
    const { port, asked } = await world.upstream();
    const broker = await world.broker([aRule({ port })]);
    const inner = 'DELETE /inner HTTP/1.1\r\nHost: api.test\r\n\r\n';
    const answer = await askHttps(broker, 'api.test', port, { headers: { Connection: 'content-length, host', 'Content-Length': String(inner.length) }, body: inner });
    expect(answer.status).toBe(200);
    expect(asked).toEqual([expect.objectContaining({ method: 'GET', url: '/', body: inner })]);
  });

  it('refuses a change of protocol', async () => {
    const { port, asked } = await world.upstream();
    const broker = await world.broker([aRule({ port })]);
    const answer = await askHttps(broker, 'api.test', port, { headers: { Connection: 'Upgrade', Upgrade: 'websocket' } });
    expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('WebSocket') });
    expect(asked).toEqual([]);
  });

  it('verifies the certificate of the other side itself', async () => {
    const { port } = await world.upstream({ host: 'someone-else.test' });
    const broker = await world.broker([aRule({ port })]);
    expect(await askHttps(broker, 'api.test', port)).toMatchObject({ status: 502, body: expect.stringContaining('does not verify (ERR_TLS_CERT_ALTNAME_INVALID)') });
    const strict = await world.broker([aRule({ port })], { upstream: { trusted: [] } });
    expect(await askHttps(strict, 'api.test', port)).toMatchObject({ status: 502, body: expect.stringContaining('does not verify') });
  });

  it('passes plain HTTP on, without a credential ever', async () => {
    const { port, asked } = await world.upstream({ plain: true });
    const broker = await world.broker([aRule({ port }), aRule({ port, methods: ['POST'], credential: 'api' })], { credentials });
    expect(await askHttp(broker, `http://api.test:${port}/p?q=1`)).toMatchObject({ status: 200, body: 'served /p?q=1' });
    expect(await askHttp(broker, `http://api.test:${port}/p`, { method: 'POST', body: 'x' })).toMatchObject({ status: 403, body: expect.stringContaining('over TLS only') });
    const socket = await openTunnel(broker, `api.test:${port}`);
    expect(await over(socket, `api.test:${port}`)).toMatchObject({ status: 200 });
    expect(asked.map(({ method, headers }) => [method, headers.authorization])).toEqual([['GET', undefined], ['GET', undefined]]);
  });

  it('refuses private addresses that the installation does not name, and metadata always', async () => {
    const { port } = await world.upstream();
    const rules = [aRule({ port }), aRule({ host: '127.0.0.1', port }), aRule({ host: '169.254.169.254', port }), aRule({ host: 'meta.test', port })];
    const resolve = async (host: string) => [host === 'meta.test' ? '169.254.169.254' : '10.0.0.7'];
    const closed = await world.broker(rules, { upstream: { resolve, privateHosts: [] } });
    for (const host of ['api.test', '127.0.0.1']) await expect(openTunnel(closed, `${host}:${port}`)).rejects.toThrow(/private address/);
    const open = await world.broker(rules, { upstream: { resolve, privateHosts: ['*.test', '169.254.169.254'] } });
    for (const host of ['meta.test', '169.254.169.254']) await expect(openTunnel(open, `${host}:${port}`)).rejects.toThrow(/never reached/);
    const mixed = await world.broker(rules, { upstream: { resolve: async () => ['93.184.216.34', '::ffff:127.0.0.1'], privateHosts: [] } });
    await expect(openTunnel(mixed, `api.test:${port}`)).rejects.toThrow(/never reached/);
  });

  it('goes on with the address that was judged, whatever the name says next', async () => {
    const { port, asked } = await world.upstream();
    let lookups = 0;
    const answers = ['127.0.0.1', '127.0.0.99'];
    const broker = await world.broker([aRule({ port })], { upstream: { resolve: async () => [answers[Math.min(lookups++, 1)] ?? ''] } });
    const socket = await openTunnel(broker, `api.test:${port}`);
    expect(await over(await secure(broker, socket, 'api.test'), `api.test:${port}`)).toMatchObject({ status: 200 });
    expect([lookups, asked.length]).toEqual([1, 1]);
    const rebinding = await world.broker([aRule({ port })], { upstream: { resolve: async () => [lookups++ === 1 ? '93.184.216.34' : '127.0.0.1'], privateHosts: [], connectTimeoutMs: 300 } });
    await openTunnel(rebinding, `api.test:${port}`).then((first) => first.destroy());
    await expect(openTunnel(rebinding, `api.test:${port}`)).rejects.toThrow(/private address/);
    expect(asked).toHaveLength(1);
  });

  it('leaves a tunnel unread and says so', async () => {
    const port = await world.echo();
    const broker = await world.broker([aRule({ port, tunnel: true, methods: [] })]);
    const socket = await openTunnel(broker, `api.test:${port}`);
    const heard = new Promise<string>((resolve) => socket.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    socket.write('not http');
    expect(await heard).toBe('not http');
    socket.end();
    await new Promise((resolve) => socket.once('close', resolve));
    const [report] = await broker.close();
    expect(report).toMatchObject({ allowed: 1, refused: 0, tunnels: [`api.test:${port}`] });
    expect(JSON.parse(report?.log ?? '')).toMatchObject({ tunnel: true, sentBytes: 8, receivedBytes: 8 });
  });

  it('holds sizes, with and without a length said before', async () => {
    const { port } = await world.upstream({ answer: (req, res) => void res.end(req.url === '/large' ? 'x'.repeat(5000) : 'ok') });
    const broker = await world.broker([aRule({ port, methods: ['GET', 'POST'] })], { limits: { ...DEFAULT_EGRESS_LIMITS, requestBytes: 100, responseBytes: 1000 } });
    const post = (headers: Record<string, string>) => askHttps(broker, 'api.test', port, { method: 'POST', body: 'y'.repeat(200), headers });
    expect(await post({ 'content-length': '200' })).toMatchObject({ status: 413, body: expect.stringContaining('larger than 100 bytes') });
    expect(await post({ 'transfer-encoding': 'chunked' })).toMatchObject({ status: 413 });
    expect(await askHttps(broker, 'api.test', port, { path: '/large' })).toMatchObject({ status: 413, body: expect.stringContaining('larger than 1000 bytes') });
    expect(await askHttps(broker, 'api.test', port)).toMatchObject({ status: 200 });
  });

  it('cuts an answer that grows past its limit while it is read', async () => {
    const { port } = await world.upstream({ answer: (_req, res) => void (res.write('x'.repeat(800)), setTimeout(() => res.end('x'.repeat(800)), 50)) });
    const broker = await world.broker([aRule({ port })], { limits: { ...DEFAULT_EGRESS_LIMITS, responseBytes: 1000 } });
    await expect(askHttps(broker, 'api.test', port)).rejects.toThrow();
    expect(await logOf(broker)).toEqual([expect.objectContaining({ allowed: false, reason: 'the answer is larger than 1000 bytes' })]);
  });

  it('holds the number of requests, of connections, the bytes of a run and the time of a request', async () => {
    const { port } = await world.upstream({ answer: (req, res) => void (req.url === '/slow' ? undefined : res.end('0123456789')) });
    const limited = (limits: object) => world.broker([aRule({ port })], { limits: { ...DEFAULT_EGRESS_LIMITS, ...limits } });
    const rare = await limited({ requestsPerMinute: 3 });
    expect(await askHttps(rare, 'api.test', port)).toMatchObject({ status: 200 });
    expect(await openTunnel(rare, `api.test:${port}`).then((socket) => secure(rare, socket, 'api.test')).then((tls) => over(tls, `api.test:${port}`))).toMatchObject({
      status: 429,
      headers: { 'retry-after': '60' },
    });
    const single = await limited({ connections: 1 });
    const first = await openTunnel(single, `api.test:${port}`);
    await expect(openTunnel(single, `api.test:${port}`)).rejects.toThrow(/^429 .*1 connections/s);
    first.destroy();
    const small = await limited({ totalBytes: 10 });
    expect(await askHttps(small, 'api.test', port)).toMatchObject({ status: 200 });
    await expect(openTunnel(small, `api.test:${port}`)).rejects.toThrow(/^413 .*more than 10 bytes/s);
    const hasty = await limited({ requestTimeoutMs: 200 });
    expect(await askHttps(hasty, 'api.test', port, { path: '/slow' })).toMatchObject({ status: 504 });
  });

  it('ends the connections of a phase with it, and reports phases apart', async () => {
    const { port } = await world.upstream();
    const broker = await world.broker([], { setup: [aRule({ port })], phase: 'setup' });
    const kept = await secure(broker, await openTunnel(broker, `api.test:${port}`), 'api.test');
    const ended = new Promise((resolve) => kept.once('close', resolve));
    kept.on('error', () => undefined);
    expect(await askHttps(broker, 'api.test', port)).toMatchObject({ status: 200 });
    await broker.enter('execute');
    await ended;
    await expect(openTunnel(broker, `api.test:${port}`)).rejects.toThrow(/^403/);
    expect(await broker.close()).toMatchObject([
      { phase: 'setup', allowed: 1, refused: 0, refusedHosts: [] },
      { phase: 'execute', allowed: 0, refused: 1, refusedHosts: [`api.test:${port}`] },
    ]);
  });

  it('answers what is no proxy request, and survives what is no HTTP', async () => {
    const broker = await world.broker([aRule()]);
    expect(await askHttp(broker, '/')).toMatchObject({ status: 400 });
    expect(await askHttp(broker, 'https://api.test/')).toMatchObject({ status: 400 });
    expect(await askHttp(broker, 'http://user:pw@api.test/')).toMatchObject({ status: 400 });
    const garbage = connect(broker.socket);
    const heard = new Promise<string>((resolve) => garbage.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    garbage.write('\x16\x03\x01 this is nothing\r\n\r\n');
    expect(await heard).toMatch(/^HTTP\/1.1 400/);
    const reset = connect(broker.socket);
    await new Promise<void>((resolve) => void reset.write('CONNECT api.test:443 HTTP/1.1\r\n', () => resolve()));
    reset.destroy();
    await expect(openTunnel(broker, 'other.test:443')).rejects.toThrow(/^403/);
  });

  it('keeps its socket and its authority to one owner, its key in memory, and takes both away', async () => {
    const broker = await world.broker([aRule()]);
    const folder = broker.socket.replace(/\/[^/]*$/, '');
    expect([(await stat(folder)).mode & 0o777, (await stat(broker.socket)).mode & 0o777]).toEqual([0o700, 0o600]);
    const bundle = await readFile(broker.caFile, 'utf8');
    expect(bundle).not.toContain('PRIVATE KEY');
    expect(bundle.split('BEGIN CERTIFICATE')).toHaveLength(3);
    await broker.close();
    await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
