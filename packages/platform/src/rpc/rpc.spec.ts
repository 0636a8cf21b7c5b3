import 'reflect-metadata';

import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { rpc } from '@countersign/contracts';
import { AppError } from '@countersign/domain';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Module } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { pino } from 'pino';
import { z } from 'zod';

import { testIssuer, type TestIssuer } from '../testing/issuer.fake.js';
import { testServiceTokens, type TestServiceTokens } from '../testing/service-tokens.fake.js';
import type { Caller } from '../tokens/caller.js';
import { TokenVerifier } from '../tokens/token-verifier.js';
import { Rpc } from './rpc.decorator.js';
import { RpcClient, rpcWithServiceToken } from './rpc-client.js';
import { type RpcServer, startRpcServer } from './rpc-server.js';

const echo = rpc(['person', 'worker'], z.object({ text: z.string() }), z.object({ text: z.string(), by: z.string() }));
const sample = {
  'sample.echo': echo,
  'sample.refuse': rpc(['person'], z.object({}), z.null()),
  'sample.crash': rpc(['person'], z.object({}), z.null()),
  'sample.lie': rpc(['person'], z.object({}), z.object({ count: z.number() })),
  'sample.slow': rpc(['person'], z.object({ ms: z.number() }), z.null()),
  'sample.nothing': rpc(['person'], z.object({}), z.void()),
};
const wider = { ...sample, 'sample.missing': echo, 'sample.bare': echo };

const nameOf = (caller: Caller) => (caller.kind === 'person' ? caller.subject : caller.name);

@Controller()
class SampleController {
  @Rpc(sample, 'sample.echo')
  async echo(caller: Caller, input: { text: string }) {
    return { text: input.text, by: nameOf(caller) };
  }

  @Rpc(sample, 'sample.refuse')
  async refuse(): Promise<null> {
    throw new AppError('STALE_DIGEST', 'changed', { field: 'digest', details: { now: 'b' }, cause: new Error('private') });
  }

  @Rpc(sample, 'sample.crash')
  async crash(): Promise<null> {
    throw new Error('password=hunter2');
  }

  @Rpc(sample, 'sample.lie')
  async lie() {
    return { count: 'many' as unknown as number };
  }

  @Rpc(sample, 'sample.slow')
  async slow(_caller: Caller, { ms }: { ms: number }): Promise<null> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return null;
  }

  @Rpc(sample, 'sample.nothing')
  async nothing(): Promise<void> {
    return undefined;
  }

  @MessagePattern('sample.bare')
  bare() {
    return { text: 'reached', by: 'nobody' };
  }
}

@Module({ controllers: [SampleController] })
class SampleModule {}

const logged: string[] = [];
const logger = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) });

let dir: string;
let issuer: TestIssuer;
let services: TestServiceTokens;
let server: RpcServer;
let token: string;
const clients: { close(): void }[] = [];

let refused: string[] = [];
const start = (port = 0) =>
  startRpcServer({
    refused: (code) => void refused.push(code),
    module: SampleModule,
    port,
    logger,
    verifier: new TokenVerifier({ ...issuer, audience: 'sample', serviceKeysDir: dir }),
  });
const connect = (port = server.port, deadlineMs = 5_000) => {
  const client = new RpcClient(wider, { host: '127.0.0.1', port, deadlineMs });
  clients.push(client);
  return client;
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rpc-'));
  issuer = await testIssuer();
  services = testServiceTokens(dir);
  token = await issuer.tokenFor({ subject: 'ada' });
  server = await start();
});
afterEach(() => clients.splice(0).forEach((client) => client.close()));
afterAll(async () => {
  await server.close();
  await issuer.close();
  await rm(dir, { recursive: true });
});

describe('rpc', () => {
  it('hands the verified caller and the parsed input to the handler', async () => {
    await expect(connect().call('sample.echo', { text: 'é#"' }, token)).resolves.toEqual({ text: 'é#"', by: 'ada' });
  });

  it('answers void as undefined', async () => {
    await expect(connect().call('sample.nothing', {}, token)).resolves.toBeUndefined();
  });

  it('lets a listed service in and keeps another out', async () => {
    const worker = rpcWithServiceToken(connect(), await services.as('worker'), 'sample');
    await expect(worker.call('sample.echo', { text: 'a' })).resolves.toEqual({ text: 'a', by: 'worker' });

    const gateway = rpcWithServiceToken(connect(), await services.as('gateway'), 'sample');
    await expect(gateway.call('sample.echo', { text: 'a' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(worker.call('sample.refuse', {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('refuses a credential that does not hold, and a message without one', async () => {
    await expect(connect().call('sample.echo', { text: 'a' }, 'nonsense')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(connect().call('sample.echo', { text: 'a' }, '')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('tells of each unknown sender, and of nothing else', async () => {
    refused = [];
    await sendRaw(JSON.stringify({ pattern: 'sample.echo', id: '1', data: { person: 'ada', input: { text: 'a' } } }));
    await expect(connect().call('sample.echo', { text: 'a' }, 'nonsense')).rejects.toThrow();
    await expect(connect().call('sample.bare', { text: 'a' }, token)).rejects.toThrow();
    await sendRaw(JSON.stringify({ pattern: 'sample.echo', id: '1', data: { credential: token, input: { text: 1 } } }));
    await expect(connect().call('sample.refuse', {}, token)).rejects.toThrow();
    await connect().call('sample.echo', { text: 'a' }, token);
    expect(refused).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
  });

  it('refuses a handler that no contract lists', async () => {
    await expect(connect().call('sample.bare', { text: 'a' }, token)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('names the field of an input that does not fit, on both sides', async () => {
    const wrong = { text: 1 } as unknown as { text: string };
    await expect(connect().call('sample.echo', wrong, token)).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'text' });

    const reply = await sendRaw(JSON.stringify({ pattern: 'sample.echo', id: '1', data: { credential: token, input: wrong } }));
    expect(reply).toContain('"code":"INVALID_INPUT"');
    expect(reply).toContain('"field":"text"');
  });

  it('carries code, message, field and details of a refusal, but not its cause', async () => {
    const refusal = connect().call('sample.refuse', {}, token);
    await expect(refusal).rejects.toBeInstanceOf(AppError);
    await expect(refusal).rejects.toMatchObject({
      code: 'STALE_DIGEST',
      message: 'changed',
      field: 'digest',
      details: { now: 'b' },
    });
    await expect(refusal).rejects.not.toHaveProperty('cause');
  });

  it('hides an unexpected error from the caller and logs it', async () => {
    logged.length = 0;
    const failure = connect().call('sample.crash', {}, token);
    await expect(failure).rejects.toMatchObject({ code: 'INTERNAL', message: expect.not.stringContaining('hunter2') });
    expect(logged.join('')).toContain('hunter2');
  });

  it('does not pass on a result that its contract does not allow', async () => {
    await expect(connect().call('sample.lie', {}, token)).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('says that a service knows no such method', async () => {
    await expect(connect().call('sample.missing', { text: 'a' }, token)).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('carries 5 MB and refuses more than the limit by name', async () => {
    const client = connect();
    const text = 'x'.repeat(5 * 1024 * 1024);
    expect((await client.call('sample.echo', { text }, token)).text).toHaveLength(text.length);
    await expect(client.call('sample.echo', { text: text + text }, token)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('answers many calls at once over one connection', async () => {
    const client = connect();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => client.call('sample.echo', { text: String(n) }, token)),
    );
    expect(answers.map(({ text }) => text)).toEqual(Array.from({ length: 200 }, (_, n) => String(n)));
  });

  it('is SERVICE_UNAVAILABLE past the deadline, without a listener, and goes on after a restart', async () => {
    await expect(connect(server.port, 100).call('sample.slow', { ms: 400 }, token)).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });

    const other = await start();
    const client = connect(other.port);
    await client.call('sample.echo', { text: 'a' }, token);
    await other.close();
    await expect(client.call('sample.echo', { text: 'a' }, token)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    const again = await start(other.port);
    await expect(client.call('sample.echo', { text: 'b' }, token)).resolves.toEqual({ text: 'b', by: 'ada' });
    await again.close();
  });

  it('tells pending calls at once when the peer goes away', async () => {
    const sockets: Socket[] = [];
    const peer = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
    const address = peer.address();
    const pending = connect(typeof address === 'object' && address ? address.port : 0).call('sample.echo', { text: 'a' }, token);
    const told = expect(pending).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    while (sockets.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    sockets[0]?.resetAndDestroy();
    await told;
    peer.close();
  });

  it('finishes the calls it is answering before it closes', async () => {
    const other = await start();
    const pending = connect(other.port).call('sample.slow', { ms: 200 }, token);
    await new Promise((resolve) => setTimeout(resolve, 80));
    await other.close();
    await expect(pending).resolves.toBeNull();
  });

  it('rejects the start on a taken port', async () => {
    await expect(start(server.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('survives garbage without logging it', async () => {
    logged.length = 0;
    await sendRaw('{"credential":"very-secret', 5);
    await expect(connect().call('sample.echo', { text: 'a' }, token)).resolves.toMatchObject({ by: 'ada' });
    expect(logged.join('')).not.toContain('very-secret');
  });
});

/** One frame as Nest's TCP transport makes it, with a length that may be a lie. */
function sendRaw(json: string, length = json.length): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(server.port, '127.0.0.1', () => socket.write(`${length}#${json}`));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
      socket.end();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}
