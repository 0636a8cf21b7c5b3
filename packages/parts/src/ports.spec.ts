import { createServer, type Server } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';

import { accepts, assertPortFree, freePort, holderOfPort } from './ports.js';

let server: Server | undefined;

function listen(): Promise<number> {
  return new Promise((resolve) => {
    server = createServer().listen(0, '127.0.0.1', () => {
      const address = server?.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

afterEach(() => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())));

describe('ports', () => {
  it('names the port, its holder and the setting when a port is taken', async () => {
    const port = await listen();

    const error = await assertPortFree(port, 'SOME_PORT').catch((reason: unknown) => reason);

    expect(error).toMatchObject({ code: 'PORT_TAKEN', message: expect.stringContaining(`Port ${port} is held by process ${process.pid}`) });
    expect(error).toMatchObject({ fix: expect.stringContaining('set SOME_PORT') });
  });

  it('accepts a free port and sees no holder', async () => {
    const port = await freePort();

    await expect(assertPortFree(port, 'SOME_PORT')).resolves.toBeUndefined();
    expect(holderOfPort(port)).toBeUndefined();
  });

  it('answers no port twice, however many are asked for before one is used', async () => {
    const ports: number[] = [];
    while (ports.length < 800) ports.push(await freePort());
    expect(new Set(ports).size).toBe(ports.length);
  });

  it('tells whether somebody listens', async () => {
    await expect(accepts('127.0.0.1', await listen())).resolves.toBe(true);
    await expect(accepts('127.0.0.1', await freePort())).resolves.toBe(false);
  });
});
