import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { env } from 'node:process';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { aRule, askHttp, askHttps, askRaw, BrokerWorld, logOf, openTunnel, over, secure } from '../src/testing/broker-world.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const METHODS = ['GET', 'POST', 'DELETE', 'OPTIONS'];
const MB = 1024 * 1024;
const standsStill = async (value: () => number): Promise<void> => {
  for (let before = -1; before !== value(); await pause(300)) before = value();
};
const endsWith = (text: string) => (heard: string): boolean => heard.endsWith(text);

/** What the proxy library does, would do, or leaves undone. */
describe('a request that is sent on', () => {
  let world: BrokerWorld;

  beforeEach(async () => {
    world = await BrokerWorld.open();
  });
  afterEach(() => world.close());

  it('has the headers it came with, every value of them, and nothing about the sandbox or this connection', async () => {
    const { port, heard } = await world.raw((socket) => socket.write(OK));
    const broker = await world.broker([aRule({ port, methods: METHODS })]);
    const own = ['X-Many: 1', 'x-many: 2', 'Cookie: a=1', 'X-Forwarded-For: of the program'];
    const hops = ['Connection: X-Hop, keep-alive', 'X-Hop: 1', 'TE: trailers', 'Proxy-Authorization: Basic eDp5', 'Keep-Alive: timeout=9', 'Upgrade: h2c'];
    await askRaw(broker, `GET http://api.test:${port}/ HTTP/1.1\r\nHost: api.test:${port}\r\n${[...own, ...hops].join('\r\n')}\r\n\r\n`, endsWith('ok'));
    expect(heard).toEqual([
      `GET / HTTP/1.1\r\nHost: api.test:${port}\r\nX-Many: 1\r\nX-Many: 2\r\nCookie: a=1\r\nX-Forwarded-For: of the program\r\nConnection: close\r\n\r\n`,
    ]);
  });

  it.each(['/a/../b//c/./d', '/?', '/a?b?c=%2e%2E&=', '//api.test/[', '*'])('asks for %s as it was written', async (path) => {
    const { port, asked } = await world.upstream();
    const broker = await world.broker([aRule({ port, methods: METHODS })]);
    expect(await askHttps(broker, 'api.test', port, { method: 'OPTIONS', path })).toMatchObject({ status: 200 });
    expect(asked.map(({ url }) => url)).toEqual([path]);
  });

  it.each(['DELETE', 'OPTIONS', 'GET', 'POST'])('stays one request where a %s has a chunked body that reads like another', async (method) => {
    const { port, asked } = await world.upstream();
    const broker = await world.broker([aRule({ port, methods: [method] })]);
    const inner = `PUT /inner HTTP/1.1\r\nHost: api.test:${port}\r\nContent-Length: 0\r\n\r\n`;
    expect(await askHttps(broker, 'api.test', port, { method, headers: { 'Transfer-Encoding': 'chunked' }, body: inner })).toMatchObject({ status: 200 });
    // A second one would be answered on the same connection, before this.
    expect(await askHttps(broker, 'api.test', port, { method, path: '/last' })).toMatchObject({ status: 200 });
    expect(asked).toMatchObject([{ method, url: '/', body: inner }, { method, url: '/last', body: '' }]);
    expect(asked[0]?.headers['content-length']).toBeUndefined();
  });

  it.each([
    ['both a length and chunks', ['Content-Length: 3', 'Transfer-Encoding: chunked'], 400],
    ['two lengths', ['Content-Length: 3', 'Content-Length: 4'], 400],
    ['chunks that are not the last encoding', ['Transfer-Encoding: chunked, identity'], 400],
    ['an encoding with a space before the colon', ['Transfer-Encoding : chunked'], 400],
    ['two Host headers', ['Host: secret.test'], 421],
  ])('is not sent where it has %s', async (_what, headers, status) => {
    const { port, heard } = await world.raw((socket) => socket.write(OK));
    const broker = await world.broker([aRule({ port, methods: METHODS })]);
    const answer = await askRaw(broker, `POST http://api.test:${port}/ HTTP/1.1\r\nHost: api.test:${port}\r\n${headers.join('\r\n')}\r\n\r\n0\r\n\r\n`, (text) => text.endsWith('\n'));
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(heard).toEqual([]);
  });

  it('is told to go on with its body only after it was judged', async () => {
    const { port, asked } = await world.upstream({ plain: true });
    const broker = await world.broker([aRule({ port, methods: ['POST'] })]);
    const ask = (method: string) => `${method} http://api.test:${port}/ HTTP/1.1\r\nHost: api.test:${port}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`;
    expect(await askRaw(broker, ask('PUT'), (heard) => heard.includes('no rule allows PUT'))).toMatch(/^HTTP\/1.1 403/);
    const socket = connect(broker.socket);
    const heard: string[] = [];
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk.toString());
      if (heard.length === 1) socket.write('body');
      if (heard.join('').includes('served')) socket.destroy();
    });
    socket.write(ask('POST'));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(heard.join('')).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /);
    expect(asked).toMatchObject([{ method: 'POST', body: 'body' }]);
    expect(asked[0]?.headers).not.toHaveProperty('expect');
  });

  it('is sent once more where the kept connection was closed, if that is safe', async () => {
    const { port, heard } = await world.raw((socket, text) => (text.includes('/one') && text.includes('/two') ? socket.destroy() : socket.write(OK)));
    const broker = await world.broker([aRule({ port, methods: METHODS })]);
    const second = async (method: string) => {
      heard.length = 0;
      const socket = await openTunnel(broker, `api.test:${port}`);
      const one = (path: string, how: string): Promise<string> =>
        new Promise((resolve) => {
          socket.once('data', (chunk: Buffer) => resolve(chunk.toString()));
          socket.write(`${how} ${path} HTTP/1.1\r\nHost: api.test:${port}\r\n\r\n`);
        });
      const answers = [await one('/one', 'GET'), await one('/two', method)];
      socket.destroy();
      return answers.map((answer) => answer.slice(9, 12));
    };
    expect([await second('GET'), heard.length]).toEqual([['200', '200'], 2]);
    expect([await second('POST'), heard.length]).toEqual([['200', '502'], 1]);
  });

  it('is ended where the client goes away', async () => {
    let hasEnded = false;
    const { port, heard } = await world.raw((socket) => void socket.once('close', () => (hasEnded = true)));
    const broker = await world.broker([aRule({ port })]);
    const socket = connect(broker.socket);
    socket.write(`GET http://api.test:${port}/ HTTP/1.1\r\nHost: api.test:${port}\r\n\r\n`);
    while (heard.length === 0) await pause(10);
    socket.destroy();
    while (!hasEnded) await pause(10);
    expect(await logOf(broker)).toEqual([expect.objectContaining({ allowed: true, status: 502, reason: 'the client went away' })]);
  });

  it('does not keep a phase waiting for a connection that is still being made', async () => {
    const { port, heard } = await world.raw(() => undefined);
    const broker = await world.broker([aRule({ port })], { upstream: { connectTimeoutMs: 600_000 } });
    const tls = await secure(broker, await openTunnel(broker, `api.test:${port}`), 'api.test');
    const answer = over(tls, `api.test:${port}`);
    while (heard.length === 0) await pause(10);
    await Promise.all([broker.enter('setup'), expect(answer).rejects.toThrow()]);
    expect(await logOf(broker)).toEqual([expect.objectContaining({ phase: 'execute', reason: 'the client went away' })]);
  });

  it('is not sent where the client has gone before the name was found', async () => {
    const { port, heard } = await world.raw(() => undefined);
    const looked = Promise.withResolvers<string[]>();
    let lookups = 0;
    const broker = await world.broker([aRule({ port, methods: METHODS })], { upstream: { resolve: () => (lookups++, looked.promise) } });
    const socket = connect(broker.socket);
    socket.write(`POST http://api.test:${port}/ HTTP/1.1\r\nHost: api.test:${port}\r\nContent-Length: 9\r\n\r\nhalf`);
    while (lookups === 0) await pause(10);
    socket.destroy();
    const closed = logOf(broker);
    await pause(100);
    looked.resolve(['127.0.0.1']);
    expect(await closed).toEqual([expect.objectContaining({ reason: 'the client went away' })]);
    expect(heard).toEqual([]);
  });

  it('comes as fast as the other side reads', async () => {
    const { port, heard } = await world.raw((socket) => socket.pause());
    const broker = await world.broker([aRule({ port, methods: METHODS })]);
    const socket = connect(broker.socket);
    const size = 31 * MB;
    socket.write(`POST http://api.test:${port}/ HTTP/1.1\r\nHost: api.test:${port}\r\nContent-Length: ${size}\r\n\r\n`);
    socket.write(Buffer.alloc(size));
    while (heard.length === 0) await pause(10);
    await standsStill(() => socket.writableLength);
    // The system's own buffers take some.
    expect(socket.writableLength).toBeGreaterThan(8 * MB);
    socket.destroy();
  });

  it('goes nowhere but to the judged address, also where the library is told to use fetch', async () => {
    const { port, asked } = await world.upstream({ plain: true });
    const broker = await world.broker([aRule({ host: '127.0.0.1', port })], { upstream: { privateHosts: ['127.0.0.1'] } });
    const ask = () => askHttp(broker, `http://127.0.0.1:${port}/`);
    expect(await ask()).toMatchObject({ status: 200 });
    env['FORCE_FETCH_PATH'] = 'true';
    try {
      expect(await ask()).toMatchObject({ status: 502, body: expect.stringContaining('broke the connection') });
    } finally {
      delete env['FORCE_FETCH_PATH'];
    }
    expect(asked).toHaveLength(1);
  });
});

describe('an answer that is passed on', () => {
  let world: BrokerWorld;

  beforeEach(async () => {
    world = await BrokerWorld.open();
  });
  afterEach(() => world.close());

  it('keeps redirects and cookies as they are, and loses what belongs to one connection', async () => {
    const { port, heard } = await world.raw((socket) =>
      socket.write(
        ['HTTP/1.1 302 Over There', `Location: http://api.test:${port}/b`, 'Set-Cookie: a=1; Domain=api.test; Path=/x', 'set-cookie: b=2; Domain=.test', 'Connection: x-secret', 'X-Secret: 1', 'Proxy-Authenticate: Basic', 'X-Kept: yes', 'Content-Length: 2', '', 'ok'].join('\r\n'),
      ),
    );
    const broker = await world.broker([aRule({ port })]);
    const answer = await askRaw(broker, `GET http://api.test:${port}/a HTTP/1.1\r\nHost: api.test:${port}\r\nConnection: close\r\n\r\n`);
    const [head, body] = answer.split('\r\n\r\n');
    const lines = (head ?? '').split('\r\n').filter((line) => !line.startsWith('Date: '));
    expect(lines).toEqual(['HTTP/1.1 302 Over There', `Location: http://api.test:${port}/b`, 'Set-Cookie: a=1; Domain=api.test; Path=/x', 'Set-Cookie: b=2; Domain=.test', 'X-Kept: yes', 'Content-Length: 2', 'Connection: close']);
    expect([body, heard.length]).toEqual(['ok', 1]);
  });

  it.each([
    ['both a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'],
    ['a reason that no HTTP allows', 'HTTP/1.1 200 O\x01K\r\nContent-Length: 2\r\n\r\nok'],
    ['a status that no HTTP allows', 'HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['no HTTP', 'hello\r\n\r\n'],
  ])('is 502 where the other side says %s, and the broker goes on', async (_what, said) => {
    const { port } = await world.raw((socket, heard) => socket.write(heard.includes('/bad') ? said : OK));
    const broker = await world.broker([aRule({ port })]);
    expect(await askHttp(broker, `http://api.test:${port}/bad`)).toMatchObject({ status: 502, body: expect.stringContaining('Countersign egress broker') });
    expect(await askHttp(broker, `http://api.test:${port}/good`)).toMatchObject({ status: 200, body: 'ok' });
  });

  it('breaks off where the other side breaks off', async () => {
    const { port } = await world.raw((socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf', () => socket.destroy()));
    const broker = await world.broker([aRule({ port })]);
    expect(await askRaw(broker, `GET http://api.test:${port}/ HTTP/1.1\r\nHost: api.test:${port}\r\n\r\n`)).not.toContain('20 bytes');
    expect(await logOf(broker)).toEqual([expect.objectContaining({ allowed: true, status: 200, reason: 'the connection broke' })]);
  });

  it('comes as fast as the client reads', async () => {
    const size = 64 * MB;
    let produced = 0;
    const pieces = function* () {
      for (; produced < size; produced += MB) yield Buffer.alloc(MB);
    };
    const { port } = await world.upstream({ answer: (_req, res) => void Readable.from(pieces()).pipe(res.writeHead(200, { 'content-length': size })) });
    const broker = await world.broker([aRule({ port })]);
    const tls = await secure(broker, await openTunnel(broker, `api.test:${port}`), 'api.test');
    const req = request({ createConnection: () => tls, headers: { host: `api.test:${port}` } }).end();
    const [answer] = (await once(req, 'response')) as [IncomingMessage];
    await standsStill(() => produced);
    expect(produced).toBeLessThan(size / 2);
    let received = 0;
    for await (const chunk of answer) received += (chunk as Buffer).length;
    expect([received, produced]).toEqual([size, size]);
    tls.destroy();
  });

  it('has what the client sent on one connection answered in its order', async () => {
    const { port, asked } = await world.upstream();
    const broker = await world.broker([aRule({ port })]);
    const tls = await secure(broker, await openTunnel(broker, `api.test:${port}`), 'api.test');
    const ask = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: api.test:${port}\r\n\r\n`;
    let heard = '';
    tls.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    tls.write(ask('/1') + ask('/2') + ask('/3'));
    while (!heard.includes('served /3')) await pause(10);
    expect(heard.match(/served \/\d/g)).toEqual(['served /1', 'served /2', 'served /3']);
    expect(asked).toHaveLength(3);
    expect(await over(tls, `api.test:${port}`)).toMatchObject({ status: 200 });
    tls.destroy();
  });
});
