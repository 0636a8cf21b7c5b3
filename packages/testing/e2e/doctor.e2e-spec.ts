import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { cuttableSocket, NO_CONSOLE, sampleRepository, testInstallation, waitFor, type Cuttable, type TestInstallation } from '../src/index.js';
import { approve, createRequest, signIn, waitState } from './people.js';

const ROOT = process.cwd();

type Part = { readonly name: string; readonly ok: boolean; readonly where: string; readonly fix?: string };
type Diagnosis = { readonly ok: boolean; readonly parts: readonly Part[] };

let app: TestInstallation;
let dir: string;
let engine: Cuttable;
const realEngine = process.env['DOCKER_HOST'];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'countersign-engine-'));
  const socket = join(dir, 'docker.sock');
  engine = await cuttableSocket(new URL(realEngine ?? 'unix:///var/run/docker.sock').pathname, socket);
  process.env['DOCKER_HOST'] = `unix://${socket}`;
  // These are about an engine that is away; without this, bubblewrap would take its place.
  process.env['COUNTERSIGN_SANDBOX'] = 'docker';
  app = await testInstallation(ROOT);
  await app.start();
  await signIn(app);
  const source = sampleRepository(join(app.reposDir, 'sample'));
  await app.cli('maintainer', 'project', 'add', 'sample', '--repo', source, '--test-command', 'node --test');
}, 180_000);

afterAll(async () => {
  await app?.stop();
  engine?.close();
  app?.remove();
  rmSync(dir, { recursive: true, force: true });
  delete process.env['COUNTERSIGN_SANDBOX'];
  if (realEngine === undefined) delete process.env['DOCKER_HOST'];
  else process.env['DOCKER_HOST'] = realEngine;
});

function doctor(more: Record<string, string> = {}): Promise<{ code: number; diagnosis: Diagnosis }> {
  const args = [join(ROOT, 'packages/cli/bin/countersign.mjs'), 'doctor', '--json'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: { ...app.env, ...more } }, (error, stdout) => {
      resolve({ code: error ? Number(error.code) : 0, diagnosis: JSON.parse(stdout) as Diagnosis });
    });
  });
}

const partOf = ({ parts }: Diagnosis, name: string): Part | undefined => parts.find((part) => part.name === name);

async function waitingFor(id: string): Promise<string> {
  return String((await app.cli('reviewer', 'request', 'show', id)).json['waitingFor']);
}

describe('doctor', () => {
  it('finds every part of a running installation well, each with its place', async () => {
    const { code, diagnosis } = await doctor();
    expect(diagnosis.parts.filter(({ ok }) => !ok)).toEqual([]);
    expect([code, diagnosis.ok]).toEqual([0, true]);
    expect(diagnosis.parts.filter(({ where }) => where === '')).toEqual([]);
    expect(partOf(diagnosis, 'temporal')?.where).toMatch(/^\/.*temporal$/);
    expect(JSON.stringify(diagnosis)).not.toMatch(/postgres:\/\/[^@]*:[^*@][^@]*@/);
  });

  it('with a dead engine says so and what to type', async () => {
    const { code, diagnosis } = await doctor({ DOCKER_HOST: 'unix:///tmp/countersign-no-engine.sock' });
    expect([code, diagnosis.ok]).toEqual([6, false]);
    expect(partOf(diagnosis, 'docker')).toMatchObject({ ok: false, fix: expect.stringContaining('unix:///tmp/countersign-no-engine.sock') });
    expect(partOf(diagnosis, 'gateway')?.ok).toBe(true);
  });

  it('with nothing running says npm start', async () => {
    const { code, diagnosis } = await doctor({ COUNTERSIGN_DATA_DIR: join(dir, 'nothing') });
    expect([code, diagnosis.ok]).toEqual([6, false]);
    for (const name of ['postgres', 'temporal', 'identity', 'gateway', 'console', 'data-folder']) {
      expect([name, partOf(diagnosis, name)]).toEqual([name, expect.objectContaining({ ok: false, fix: 'npm start' })]);
    }
  });
});

describe('without an engine', () => {
  it('a request says what it waits for and goes on when the engine is back', async () => {
    const approved = await createRequest(app, 'sample', 'replace "part1 = 1" with "part1 = 11" in src/parts/part-1.js');
    await waitState(app, approved, 'PLAN_REVIEW');
    engine.cut();
    await approve(app, approved, 'plan');
    const asked = await createRequest(app, 'sample', 'replace "part2 = 2" with "part2 = 22" in src/parts/part-2.js');
    for (const id of [approved, asked]) await waitFor(async () => /container engine/.test(await waitingFor(id)), 60_000, app.output);
    expect((await doctor()).diagnosis.ok).toBe(false);
    await waitFor(() => app.output().includes('docker does not answer: executions wait'), 20_000);

    await engine.restore();
    await waitState(app, approved, 'MERGE_REVIEW');
    await waitState(app, asked, 'PLAN_REVIEW');
    expect(await waitingFor(asked)).not.toMatch(/container engine/);
    await waitFor(async () => (await doctor()).code === 0, 20_000);
  }, 150_000);

  it('everything else starts, and execution follows when there is one', async () => {
    const id = await createRequest(app, 'sample', 'replace "part3 = 3" with "part3 = 33" in src/parts/part-3.js');
    await waitState(app, id, 'PLAN_REVIEW');
    await app.stop();
    engine.cut();
    await app.start(NO_CONSOLE);
    expect(app.output()).toMatch(/console +off/);
    expect(partOf((await doctor()).diagnosis, 'console')).toMatchObject({ ok: true, version: 'off' });
    await approve(app, id, 'plan');
    await waitFor(async () => /container engine/.test(await waitingFor(id)), 60_000, app.output);
    await engine.restore();
    await waitState(app, id, 'MERGE_REVIEW');
  }, 120_000);
});
