import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createDatabase, cuttableProxy, sampleRepository, testInstallation, type CuttableProxy, type TestInstallation } from '../src/index.js';
import { approve, createRequest, signIn, waitState } from './people.js';

const AWAY_MS = 60_000;

let app: TestInstallation;
let proxy: CuttableProxy;

beforeAll(async () => {
  const database = new URL(await createDatabase('outage'));
  proxy = await cuttableProxy({ host: database.hostname, port: Number(database.port) });
  database.hostname = '127.0.0.1';
  database.port = String(proxy.port);
  app = await testInstallation(process.cwd());
  await app.start({ DATABASE_URL: database.href, COUNTERSIGN_MAX_EXECUTIONS: '1' });
  await signIn(app);
  const source = sampleRepository(join(app.reposDir, 'sample'));
  const added = await app.cli('maintainer', 'project', 'add', 'sample', '--repo', source, '--test-command', 'sleep 8 && node --test');
  expect(added.code).toBe(0);
}, 180_000);

afterAll(async () => {
  await app?.stop();
  proxy?.close();
  app?.remove();
});

describe('with Postgres away for a minute', () => {
  it('no request gives up, whatever state it was in, and each goes on by itself', async () => {
    const create = (n: number): Promise<string> =>
      createRequest(app, 'sample', `replace "part${n} = ${n}" with "part${n} = 9${n}" in src/parts/part-${n}.js`);
    const [checking, queued, parked] = [await create(1), await create(2), await create(3)];
    for (const id of [checking, queued, parked]) await waitState(app, id, 'PLAN_REVIEW');
    await approve(app, checking, 'plan');
    await waitState(app, checking, 'CHECKING,EXECUTING');
    await approve(app, queued, 'plan');
    await waitState(app, queued, 'QUEUED');

    proxy.cut();
    const during = await app.cli('reviewer', 'request', 'show', parked);
    expect(during.code).toBe(6);
    expect(during.stderr).toMatch(/DATABASE_UNAVAILABLE|SERVICE_UNAVAILABLE/);
    await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
    await proxy.restore();

    await waitState(app, checking, 'MERGE_REVIEW', 180);
    await waitState(app, queued, 'MERGE_REVIEW', 180);
    await approve(app, parked, 'plan');
    await waitState(app, parked, 'MERGE_REVIEW', 180);
    for (const id of [checking, queued, parked]) {
      await approve(app, id, 'merge');
      await waitState(app, id, 'DONE,MERGE_REVIEW');
    }
  }, 480_000);
});
