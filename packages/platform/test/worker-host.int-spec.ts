import { randomUUID } from 'node:crypto';
import { connect as connectTo, createServer } from 'node:net';

import { AppError } from '@countersign/domain';
import {
  connectTemporal,
  createLogger,
  installRuntime,
  isTemporalUnavailable,
  type TemporalHandle,
  WorkerHost,
} from '@countersign/platform';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const address = process.env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233';
const logger = createLogger('test', 'silent');

let temporal: TemporalHandle;
beforeAll(() => {
  installRuntime(logger);
  installRuntime(logger);
  temporal = connectTemporal({ address, namespace: 'default' });
});
afterAll(() => temporal.close());

const activities = {
  greet: async (name: string) => `hello ${name}`,
  refuse: async () => {
    throw new AppError('STALE_DIGEST', 'changed', { cause: new Error('private') });
  },
  dawdle: async () => {
    await new Promise((resolve) => setTimeout(resolve, 700));
    return 'finished';
  },
};

/** Standalone activities need no workflow bundle; this server's version has them. */
const run = (taskQueue: string, type: string, args: unknown[] = []) =>
  temporal.client.activity.execute(type, {
    id: randomUUID(),
    taskQueue,
    args,
    scheduleToCloseTimeout: '20s',
  });

const hostOn = (taskQueue: string, at = address) =>
  new WorkerHost({ address: at, namespace: 'default', taskQueue, activities, logger, shutdownGraceMs: 2_000 });

describe('WorkerHost', () => {
  it('runs activities and turns a code into a failure that is not tried again', async () => {
    const queue = randomUUID();
    const host = hostOn(queue);
    await host.start();
    expect(host.isRunning).toBe(true);
    await expect(run(queue, 'greet', ['ada'])).resolves.toBe('hello ada');
    await expect(run(queue, 'refuse')).rejects.toMatchObject({
      cause: { type: 'STALE_DIGEST', message: 'changed', nonRetryable: true },
    });
    await host.stop();
    await host.stop();
    expect(host.isRunning).toBe(false);
  });

  it('waits for a server that is not there yet', async () => {
    const gate = await gateTo(address);
    await gate.shut();
    const queue = randomUUID();
    const host = hostOn(queue, `127.0.0.1:${gate.port}`);
    const started = host.start();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(host.isRunning).toBe(false);
    await gate.open();
    await started;
    await expect(run(queue, 'greet', ['bea'])).resolves.toBe('hello bea');
    await host.stop();
    await gate.shut();
  });

  it('stops while it still waits for a server', async () => {
    const gate = await gateTo(address);
    await gate.shut();
    const host = hostOn(randomUUID(), `127.0.0.1:${gate.port}`);
    const started = host.start();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await host.stop();
    await started;
  });

  it('lets a running activity finish when it stops', async () => {
    const queue = randomUUID();
    const host = hostOn(queue);
    await host.start();
    const result = run(queue, 'dawdle');
    await new Promise((resolve) => setTimeout(resolve, 400));
    await host.stop();
    await expect(result).resolves.toBe('finished');
  });
});

describe('connectTemporal', () => {
  it('tells an unreachable server by status', async () => {
    const gate = await gateTo(address);
    await gate.shut();
    const gone = connectTemporal({ address: `127.0.0.1:${gate.port}`, namespace: 'default' });
    const describing = gone.connection.withDeadline(Date.now() + 500, () => gone.client.workflow.getHandle('none').describe());
    expect(await describing.then(() => undefined, isTemporalUnavailable)).toBe(true);
    expect(
      await temporal.client.workflow.getHandle(randomUUID()).describe().then(() => undefined, isTemporalUnavailable),
    ).toBe(false);
    await gone.close();
  });
});

async function gateTo(target: string) {
  const [host, port] = target.split(':');
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((inner) => {
    const outer = connectTo(Number(port), host);
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    inner.pipe(outer).pipe(inner);
  });
  const listen = (at: number) => new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  await listen(0);
  const made = server.address();
  const at = typeof made === 'object' && made ? made.port : 0;
  return {
    port: at,
    open: () => listen(at),
    shut: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        sockets.forEach((socket) => socket.destroy());
      }),
  };
}
