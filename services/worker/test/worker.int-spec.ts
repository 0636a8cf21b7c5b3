import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { INSTALLATION_MODELS } from '@countersign/domain';
import { connectTemporal, createLogger, ensureDatabase, installRuntime, type RpcServer, startRpcServer, type TemporalHandle, TokenVerifier } from '@countersign/platform';
import { testServiceTokens } from '@countersign/platform/testing';
import { createDatabase } from '@countersign/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { bundleWorkflows } from '../src/bundle.js';
import { startWorkerService, type WorkerServiceDeps } from '../src/index.js';
import { ensureReaper } from '../src/schedule/reaper.schedule.js';
import { asked, FakeRequestsModule, TEST_KEYS } from './requests.fake.js';

const ROOT = process.cwd();
let dir: string;
let requests: RpcServer;
let temporal: TemporalHandle;
let deps: WorkerServiceDeps;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'worker-'));
  const id = randomBytes(4).toString('hex');
  const database = await ensureDatabase({
    adminUrl: await createDatabase('worker'),
    rolePrefix: `t${id}`,
    services: [{ name: 'worker', schema: 'worker', password: 'secret' }],
  });
  const tokens = await testServiceTokens(join(dir, 'keys')).as('worker');
  const logger = createLogger('worker', 'silent');
  installRuntime(logger);
  const verifier = new TokenVerifier({ issuer: 'http://nobody', jwksUri: 'http://127.0.0.1:1/', apiAudience: 'x', audience: 'requests', serviceKeysDir: join(dir, 'keys') });
  requests = await startRpcServer({ module: FakeRequestsModule, port: 0, verifier, logger });

  // The tool program runs from its built form, the workflows from their sources.
  const swc = [join(ROOT, 'node_modules/@swc/cli/bin/swc.js'), 'src', '-d', join(dir, 'agent'), '--strip-leading-paths', '--config-file', join(ROOT, '.swcrc')];
  const compiled = spawnSync(process.execPath, swc, { cwd: join(ROOT, 'activities/agent'), encoding: 'utf8' });
  expect(compiled.status).toBe(0);
  const bundlePath = join(dir, 'workflow-bundle.js');
  await writeFile(bundlePath, await bundleWorkflows({ workflowsPath: join(ROOT, 'workflows/delivery/src/index.ts'), fromSource: true }));

  const dockerHost = process.env['DOCKER_HOST'];
  const settings = { address: process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233', namespace: 'worker' };
  temporal = connectTemporal(settings);
  deps = {
    postgres: { url: database.serviceUrl('worker'), ownerUrl: database.ownerUrl },
    temporal: settings,
    requests: { host: '127.0.0.1', port: requests.port },
    tokens,
    logger,
    dataDir: join(dir, 'data'),
    logsDir: join(dir, 'request-logs'),
    artifactsDir: join(dir, 'artifacts'),
    gitHomeDir: join(dir, 'git'),
    bundlePath,
    tools: { packageDist: join(dir, 'agent'), resolveFrom: join(ROOT, 'activities/agent') },
    sandbox: { image: 'none', choice: 'docker',
      installation: `t${id}`, ...(dockerHost ? { dockerHost } : {}) },
    rootKey: TEST_KEYS.root.raw,
    requestUrl: (requestId) => `http://127.0.0.1/requests/${requestId}`,
    egress: { credentialsFile: join(dir, 'egress.json'), privateHosts: [] },
    models: { choice: INSTALLATION_MODELS, providers: {} },
    reviewer: { name: 'countersign' },
    settings: { repoRoots: [dir], allowPrivateHosts: false, workspaceCacheBytes: 1e9, shutdownGraceMs: 200 },
  };
}, 120_000);
afterAll(async () => {
  // One that never came to be must not hide why.
  await temporal?.close();
  await requests?.close();
  await rm(dir, { recursive: true, force: true });
});

it('polls every queue and reaps what ended requests left, by a schedule', async () => {
  const workspace = (name: string) => join(deps.dataDir, 'workspaces', name);
  await Promise.all(['r-over', 'r-live'].map((name) => mkdir(workspace(name), { recursive: true })));
  asked.over.add('r-over');

  const worker = await startWorkerService(deps);
  try {
    await worker.ready;
    expect(worker.isRunning).toBe(true);
    await ensureReaper(temporal.client);
    const reaper = temporal.client.schedule.getHandle('reaper');
    expect((await reaper.describe()).spec.intervals).toMatchObject([{ every: 600_000 }]);
    await reaper.trigger();
    for (let tries = 0; existsSync(workspace('r-over')) && tries < 100; tries += 1) await sleep(100);
    expect([existsSync(workspace('r-over')), existsSync(workspace('r-live'))]).toEqual([false, true]);
    expect(asked.calls.filter(({ name }) => name === 'isOver').every(({ by }) => by === 'worker')).toBe(true);
  } finally {
    await worker.close();
  }
  expect(worker.isRunning).toBe(false);
}, 60_000);

it('leaves one schedule however often it starts, and keeps an operator’s pause', async () => {
  await ensureReaper(temporal.client);
  const reaper = temporal.client.schedule.getHandle('reaper');
  await reaper.pause('maintenance');
  await ensureReaper(temporal.client);
  expect((await reaper.describe()).state).toMatchObject({ paused: true, note: 'maintenance' });
  await reaper.delete();
}, 30_000);

it('starts before Temporal does, and stops while it waits', async () => {
  const worker = await startWorkerService({ ...deps, temporal: { ...deps.temporal, address: '127.0.0.1:1' } });
  expect(worker.isRunning).toBe(false);
  const before = Date.now();
  await Promise.all([worker.close(), worker.close()]);
  expect(Date.now() - before).toBeLessThan(15_000);
}, 30_000);
