import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { git, sampleRepository, testInstallation, waitFor, type TestInstallation } from '../src/index.js';
import { approve, createRequest, gateOf, signIn, waitState } from './people.js';
import { type Child, childrenOf, killChild, listenersOf, processesOf } from './processes.js';
import { databaseText, filesBelow, modeOf, secretsOf } from './secrets.js';
import { branchesOf, containersOf } from './traces.js';

const ROOT = process.cwd();
const WARM_START_MS = 20_000;
const PORTS = ['POSTGRES', 'TEMPORAL', 'TEMPORAL_UI', 'IDENTITY', 'GATEWAY', 'CONSOLE'] as const;

let app: TestInstallation;
let bare: string;
let isUp = false;
let firstOutput: string;
let part = 0;

beforeAll(async () => {
  app = await testInstallation(ROOT);
  await app.start();
  isUp = true;
  firstOutput = app.output();
  await signIn(app);
  const source = sampleRepository(join(app.reposDir, 'sample'));
  const added = await app.cli('maintainer', 'project', 'add', 'sample', '--repo', source, '--test-command', 'node --test');
  bare = String(added.json['bare']);
}, 180_000);

beforeEach(async () => {
  if (!isUp) await start();
}, 60_000);

afterAll(async () => {
  await app?.stop();
  app?.remove();
});

async function start(more: Record<string, string> = {}): Promise<number> {
  const since = Date.now();
  await app.start(more);
  isUp = true;
  return Date.now() - since;
}

async function stop(): Promise<void> {
  await app.stop();
  isUp = false;
}

async function parkedRequest(): Promise<string> {
  part += 1;
  const id = await createRequest(app, 'sample', `replace "part${part} = ${part}" with "part${part} = 7${part}" in src/parts/part-${part}.js`);
  await waitState(app, id, 'PLAN_REVIEW');
  return id;
}

async function goesOnToTheEnd(id: string): Promise<void> {
  await approve(app, id, 'plan');
  await waitState(app, id, 'MERGE_REVIEW');
  await approve(app, id, 'merge');
  await waitState(app, id, 'DONE');
}

function startScript(script: string): Promise<{ code: number; output: string }> {
  const env = { ...app.env, COUNTERSIGN_PARTS: JSON.stringify({ root: ROOT, begunAt: 0, steps: [], parts: [] }) };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, script)], { env, cwd: ROOT, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr });
    });
  });
}

async function refusedStart(): Promise<string> {
  await expect(start()).rejects.toThrow('It did not start');
  return app.output();
}

describe('a start', () => {
  it('speaks to people only: steps, where everything is, who may sign in', () => {
    for (const line of firstOutput.split('\n')) expect(line).not.toMatch(/^\s*[{[]|WARN|\bat .*:\d+:\d+|level/);
    for (const step of ['docker', 'postgres', 'temporal', 'identity', 'gateway', 'console']) expect(firstOutput).toMatch(new RegExp(`^ {2}${step} +\\d+\\.\\d s$`, 'm'));
    expect(firstOutput).toContain(`http://127.0.0.1:${app.env['COUNTERSIGN_CONSOLE_PORT']}`);
    expect(firstOutput).toMatch(/reviewer +\S{10,}/);
    expect(readFileSync(join(app.dataDir, 'logs/standalone.log'), 'utf8')).not.toContain('registered, not polling');
  });

  it('of a second one says that it runs already, and where', async () => {
    const pid = String((JSON.parse(readFileSync(join(app.dataDir, 'lock.json'), 'utf8')) as Child).pid);
    for (const script of ['scripts/start.mjs', 'services/standalone/dist/main.js']) {
      const { code, output } = await startScript(script);
      expect([script, code]).toEqual([script, 0]);
      for (const words of ['already running', pid, app.dataDir, app.state().addresses['console']]) expect(output).toContain(words);
    }
    expect((await app.cli('reviewer', 'whoami')).code).toBe(0);
  }, 60_000);

  it('listens on the loopback address alone', () => {
    const listeners = listenersOf(processesOf(app));
    const ports = PORTS.map((name) => Number(app.env[`COUNTERSIGN_${name}_PORT`]));
    expect(listeners.map(({ port }) => port)).toEqual(expect.arrayContaining(ports));
    expect(listeners.filter(({ isLoopback }) => !isLoopback)).toEqual([]);
  });

  it('on a taken port is an error that names the port, who holds it and the setting; nothing is left', async () => {
    await stop();
    for (const name of PORTS) {
      const port = Number(app.env[`COUNTERSIGN_${name}_PORT`]);
      const holder = createServer();
      await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve));
      const output = await refusedStart();
      await new Promise((resolve) => holder.close(resolve));
      expect(output).toContain(`Port ${port} is held by process ${process.pid}`);
      expect(output).toContain(`COUNTERSIGN_${name}_PORT`);
      expect(output).not.toMatch(/\bat .*:\d+:\d+/);
      expect(processesOf(app)).toEqual([]);
    }
    await start();
  }, 90_000);

  it('on the data folder of a newer version is refused', async () => {
    await stop();
    const file = join(app.dataDir, 'version.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(text) as object), version: 99 }));
    const output = await refusedStart();
    expect(output).toContain('was written by a newer Countersign');
    expect(output).toContain('To go on:');
    expect(output).not.toMatch(/\bat .*:\d+:\d+/);
    writeFileSync(file, text);
    await start();
    expect((await app.cli('reviewer', 'request', 'list')).code).toBe(0);
  }, 60_000);
});

describe('a stop', () => {
  it('by Ctrl-C leaves no process and no container; the next start goes on with every request, within 20 s', async () => {
    const parked = await parkedRequest();
    const busy = await parkedRequest();
    await approve(app, busy, 'plan');
    await waitState(app, busy, 'EXECUTING,CHECKING,PUBLISHING,REVIEWING,MERGE_REVIEW');
    await stop();
    expect(processesOf(app)).toEqual([]);
    expect(containersOf(app)).toEqual([]);
    expect(existsSync(join(app.dataDir, 'lock.json'))).toBe(false);

    const warmMs = await start();
    process.stdout.write(`warm start to console ready: ${(warmMs / 1000).toFixed(1)} s\n`);
    expect(warmMs).toBeLessThan(WARM_START_MS);
    expect((await fetch(`${app.state().addresses['console']}/`, { redirect: 'manual' })).status).toBeLessThan(400);
    await waitState(app, busy, 'MERGE_REVIEW');
    await goesOnToTheEnd(parked);
    expect(git(bare, 'log', '--format=%B', 'main')).toContain(`Countersign-Request: ${parked}`);
    expect(branchesOf(bare)).toHaveLength(1);
  }, 120_000);

  it('by Ctrl-C while it starts leaves nothing either', async () => {
    await stop();
    const starting = app.start().catch(() => undefined);
    await waitFor(() => app.output().includes('postgres') || app.output().includes('temporal'), 20_000);
    await app.stop();
    await starting;
    expect(processesOf(app)).toEqual([]);
    expect(app.output()).not.toMatch(/\bat .*:\d+:\d+/);
  }, 60_000);

  it('by kill -9 of everything loses nothing', async () => {
    const id = await parkedRequest();
    const children = childrenOf(app);
    await app.kill9();
    for (const { pid } of children) process.kill(pid, 'SIGKILL');
    await start();
    await goesOnToTheEnd(id);
  }, 90_000);

  it('by kill -9 of the main process alone: the next start ends what it left and goes on', async () => {
    const id = await parkedRequest();
    await app.kill9();
    expect(processesOf(app).length).toBeGreaterThan(0);
    await start();
    await goesOnToTheEnd(id);
    await stop();
    expect(processesOf(app)).toEqual([]);
  }, 90_000);

  it('by kill -9 of one child is healed without a restart and without losing a request', async () => {
    const id = await parkedRequest();
    for (const name of ['postgres', 'temporal', 'web']) {
      const before = killChild(app, name);
      await waitFor(() => childrenOf(app).some((child) => child.name === name && child.pid !== before.pid), 20_000, () => `${name} is not back`);
      await waitFor(async () => (await app.cli('reviewer', 'doctor')).code === 0, 30_000, () => app.output());
      await waitFor(async () => (await app.cli('reviewer', 'comment', id, '-m', `after ${name}`)).code === 0, 30_000);
      expect(app.output()).toContain(`${name} ended`);
    }
    expect((await gateOf(app, id, 'plan')).state).toBe('open');
    await goesOnToTheEnd(id);
  }, 120_000);
});

describe('secrets', () => {
  it('are files that only their owner reads, and stand in no log, no history and no event', async () => {
    await stop();
    await start({ COUNTERSIGN_LOG_LEVEL: 'trace' });
    await signIn(app);
    await goesOnToTheEnd(await parkedRequest());

    const profiles = filesBelow(join(app.env['XDG_CONFIG_HOME'] ?? '', 'countersign'));
    for (const folder of ['secrets', 'identity']) {
      const files = filesBelow(join(app.dataDir, folder)).filter((file) => !file.endsWith('.pub.jwk'));
      expect(files.length).toBeGreaterThan(1);
      for (const file of files) expect([file, modeOf(file)]).toEqual([file, '600']);
      expect([folder, modeOf(join(app.dataDir, folder))]).toEqual([folder, '700']);
    }
    for (const file of [...profiles, ...filesBelow(join(app.dataDir, 'logs'))]) expect([file, modeOf(file)]).toEqual([file, '600']);
    expect(modeOf(app.dataDir)).toMatch(/^7[01][01]$/);

    const secrets = secretsOf(app);
    expect(secrets.length).toBeGreaterThan(15);
    const places: Record<string, string> = {
      output: app.output(),
      database: await databaseText(app),
      ...Object.fromEntries(
        ['logs', 'temporal', 'request-logs', 'artifacts'].flatMap((folder) => filesBelow(join(app.dataDir, folder)).map((file) => [file, readFileSync(file, 'latin1')])),
      ),
    };
    expect(places[join(app.dataDir, 'logs/standalone.log')]?.length).toBeGreaterThan(1_000);
    for (const [place, text] of Object.entries(places)) {
      for (const secret of secrets) expect([place, text.includes(secret) ? `${secret.slice(0, 6)}…` : 'clean']).toEqual([place, 'clean']);
      // A token of anybody, also one that no file holds any more.
      expect([place, /eyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{20,}/.exec(text)?.[0] ?? 'clean']).toEqual([place, 'clean']);
    }
  }, 90_000);
});
