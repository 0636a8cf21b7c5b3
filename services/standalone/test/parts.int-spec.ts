import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

import { freePort, isRunning, type ChildRecord, type PartInfo } from '@countersign/parts';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';

jest.setTimeout(60_000);

const ROOT = resolve(__dirname, '../../..');

type Answer = {
  readonly url: string;
  readonly address: string;
  readonly parts: readonly PartInfo[];
  readonly stopped: readonly string[];
  readonly already?: Readonly<Record<string, string>>;
  readonly error?: { readonly code: string; readonly message: string; readonly fix: string };
};

let dir = '';
let options = '';
let ports = { postgres: 0, temporal: 0, ui: 0 };
const owners: ChildProcess[] = [];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parts-'));
  chmodSync(dir, 0o755);
  ports = { postgres: await freePort(), temporal: await freePort(), ui: await freePort() };
  const data = join(dir, 'data');
  const [postgres, temporal] = ['provision-postgres', 'provision-temporal'].map((name) => provision(name, data));
  options = JSON.stringify({ dir: data, postgres, temporal, ports });
});

afterEach(async () => {
  for (const owner of owners.splice(0)) await end(owner, 'SIGTERM');
  rmSync(dir, { recursive: true, force: true });
});

function provision(name: string, data: string): unknown {
  const env = { ...process.env, DATABASE_URL: '', COUNTERSIGN_DATA_DIR: data };
  const out = execFileSync(process.execPath, [join(ROOT, `scripts/${name}.mjs`)], { env, encoding: 'utf8' });
  return JSON.parse(out.trim().split('\n').at(-1) ?? '');
}

async function begin(): Promise<Answer> {
  const owner = spawn(process.execPath, [join(__dirname, 'parts-owner.mjs'), options], { stdio: ['ignore', 'pipe', 'inherit'] });
  owners.push(owner);
  for await (const line of createInterface({ input: owner.stdout })) return JSON.parse(line) as Answer;
  throw new Error('The owner ended without a word.');
}

function end(owner: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((done) => {
    if (owner.exitCode !== null || owner.signalCode !== null) return done();
    owner.once('exit', () => done());
    return owner.kill(signal);
  });
}

function children(): ChildRecord[] {
  return (JSON.parse(readFileSync(join(dir, 'data/lock.json'), 'utf8')) as { children: ChildRecord[] }).children;
}

async function query<T>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}

function temporal(address: string, ...args: string[]): string {
  const cli = (JSON.parse(options) as { temporal: { where: string } }).temporal.where;
  return execFileSync(cli, [...args, '--address', address], { encoding: 'utf8' });
}

describe('Postgres and Temporal as parts', () => {
  it('start, answer, and leave no process after a stop', async () => {
    const { url, address, parts } = await begin();

    expect(parts).toEqual([
      expect.objectContaining({ name: 'postgres', ok: true, version: '18.4', data: join(dir, 'data/postgres') }),
      expect.objectContaining({ name: 'temporal', ok: true }),
    ]);
    expect(await query(url, 'SHOW server_encoding')).toEqual([{ server_encoding: 'UTF8' }]);
    expect(await query(url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
    const attributes = temporal(address, 'operator', 'search-attribute', 'list');
    for (const name of ['RequestState', 'Project', 'Tenant', 'Gate', 'Requester', 'Deadline']) expect(attributes).toContain(name);

    const started = children();
    await end(owners[0]!, 'SIGTERM');
    expect(started.map(({ name }) => name).sort()).toEqual(['postgres', 'temporal']);
    expect(started.filter(isRunning)).toEqual([]);
  });

  it('go on with the same data after a kill -9 of their owner', async () => {
    const first = await begin();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const started = temporal(first.address, 'workflow', 'start', '--type', 'w', '--task-queue', 'q', '--workflow-id', 'kept');
    const run = /RunId\s+(\S+)/.exec(started)?.[1] ?? 'no run id';
    const left = children();

    await end(owners[0]!, 'SIGKILL');
    expect(left.every(isRunning)).toBe(true);
    const second = await begin();

    expect(second.stopped).toEqual(['postgres', 'temporal']);
    expect(left.filter(isRunning)).toEqual([]);
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(temporal(second.address, 'workflow', 'describe', '--workflow-id', 'kept')).toContain(run);
  });

  it('come back by themselves after a kill -9 of their own', async () => {
    const { url, address } = await begin();
    for (const { pid } of children()) process.kill(pid, 'SIGKILL');

    await expect(eventually(() => query(url, 'SELECT 1 AS one'))).resolves.toEqual([{ one: 1 }]);
    await expect(eventually(async () => temporal(address, 'operator', 'cluster', 'health'))).resolves.toContain('SERVING');
  });

  it('tell a second start where the first one is', async () => {
    const { address } = await begin();

    expect(await begin()).toEqual({ already: { temporal: address } });
  });

  it('name the port, its holder and the setting when a port is taken, and leave nothing running', async () => {
    const holder = createServer().listen(ports.temporal, '127.0.0.1');

    const { error } = await begin();

    holder.close();
    expect(error).toMatchObject({ code: 'PORT_TAKEN', message: expect.stringContaining(`process ${process.pid}`) });
    expect(error?.fix).toContain('TEMPORAL_PORT');
  });
});

async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((done) => setTimeout(done, 200));
    }
  }
}
