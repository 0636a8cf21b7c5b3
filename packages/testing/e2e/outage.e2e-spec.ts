import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createDatabase, cuttableProxy, git, NO_CONSOLE, sampleRepository, testInstallation, waitFor, type CuttableProxy, type TestInstallation } from '../src/index.js';
import { pendingFailuresOf } from './engine.js';
import { approve, createRequest, gateOf, signIn, waitState } from './people.js';
import { branchesOf, mergeRequestsOf, mergesSince, waitUntilClean } from './traces.js';

const AWAY_MS = 60_000;
/** After 30 s the request says what it waits for; attempts are 10 s apart. */
const NOTE_TIMEOUT_MS = 60_000;
/** Slow for the first request's change alone: it is in the middle of its checks when the database goes. */
const TEST_COMMAND = "if grep -q 91 src/parts/part-1.js && ! grep -q 9 src/parts/part-[23].js; then sleep 8; fi; node --test";
const AWAY = 'The database cannot be reached; trying again';

let app: TestInstallation;
let proxy: CuttableProxy;
let source: string;
let bare: string;

beforeAll(async () => {
  const database = new URL(await createDatabase('outage'));
  proxy = await cuttableProxy({ host: database.hostname, port: Number(database.port) });
  database.hostname = '127.0.0.1';
  database.port = String(proxy.port);
  app = await testInstallation(process.cwd());
  await app.start({ ...NO_CONSOLE, DATABASE_URL: database.href, COUNTERSIGN_MAX_EXECUTIONS: '1' });
  await signIn(app);
  source = sampleRepository(join(app.reposDir, 'sample'));
  const added = await app.cli('maintainer', 'project', 'add', 'sample', '--repo', source, '--test-command', TEST_COMMAND);
  expect(added.code).toBe(0);
  bare = String(added.json['bare']);
}, 180_000);

afterAll(async () => {
  await app?.stop();
  proxy?.close();
  app?.remove();
});

const create = (n: number): Promise<string> =>
  createRequest(app, 'sample', `replace "part${n} = ${n}" with "part${n} = 9${n}" in src/parts/part-${n}.js`);

async function show(id: string): Promise<Record<string, unknown>> {
  return (await app.cli('reviewer', 'request', 'show', id)).json;
}

/** Another request may have merged meanwhile: then the gate opens again and asks about the new tip. */
async function merge(id: string): Promise<void> {
  await waitState(app, id, 'MERGE_REVIEW', 180);
  const { digest } = await gateOf(app, id, 'merge');
  await approve(app, id, 'merge');
  const isReopened = async (): Promise<boolean> => {
    const gate = await gateOf(app, id, 'merge');
    return gate.state === 'open' && gate.digest !== digest;
  };
  let isAskedAgain = false;
  await waitFor(async () => (await show(id))['state'] === 'DONE' || (isAskedAgain = await isReopened()), 60_000);
  if (isAskedAgain) await approve(app, id, 'merge');
  await waitState(app, id, 'DONE');
}

describe('with Postgres away for a minute', () => {
  it('no request gives up, whatever state it was in, and each goes on by itself', async () => {
    const before = git(bare, 'rev-parse', 'main').trim();
    const [working, queued, parked] = [await create(1), await create(2), await create(3)];
    const all = [working, queued, parked];
    for (const id of all) await waitState(app, id, 'PLAN_REVIEW');
    const { digest } = await gateOf(app, parked, 'plan');
    await approve(app, working, 'plan');
    await waitState(app, working, 'CHECKING,EXECUTING');
    await approve(app, queued, 'plan');
    await waitState(app, queued, 'QUEUED');

    proxy.cut();
    const restored = new Promise((resolve) => setTimeout(resolve, AWAY_MS)).then(() => proxy.restore());
    for (const args of [['request', 'show', parked], ['approve', parked, '--gate', 'plan', '--digest', digest]]) {
      const during = await app.cli('reviewer', ...args);
      expect([during.code, during.stderr]).toEqual([6, expect.stringMatching(/DATABASE_UNAVAILABLE|SERVICE_UNAVAILABLE/)]);
    }
    // No note can be stored now; what an operator sees is Temporal's.
    await waitFor(() => pendingFailuresOf(app, working).includes(AWAY), AWAY_MS - 10_000, () => pendingFailuresOf(app, working).join());
    await restored;

    await waitState(app, working, 'MERGE_REVIEW', 180);
    await waitState(app, queued, 'MERGE_REVIEW', 180);
    expect(await show(parked)).toMatchObject({ state: 'PLAN_REVIEW' });
    await approve(app, parked, 'plan');
    for (const id of all) await merge(id);
    expect(mergesSince(bare, before)).toBe(3);
    expect(mergeRequestsOf(bare)).toHaveLength(3);
    expect(branchesOf(bare)).toEqual([]);
    await waitUntilClean(app);
  }, 480_000);
});

describe('with something else away', () => {
  it('says after half a minute what it waits for, and goes on by itself', async () => {
    const id = await create(4);
    await waitState(app, id, 'PLAN_REVIEW');
    const artifacts = join(app.dataDir, 'artifacts');
    renameSync(artifacts, `${artifacts}.away`);
    writeFileSync(artifacts, '');
    await approve(app, id, 'plan');
    const waiting = async (): Promise<string> => String((await show(id))['waitingFor']);
    await waitFor(async () => (await waiting()).startsWith('Waiting for the artifact store: '), NOTE_TIMEOUT_MS, () => pendingFailuresOf(app, id).join());

    renameSync(artifacts, `${artifacts}.file`);
    renameSync(`${artifacts}.away`, artifacts);
    await waitState(app, id, 'MERGE_REVIEW');
    expect(await waiting()).not.toContain('artifact');
  }, 180_000);

  it('says at once that the source is gone, with what to type, and goes on when it is back', async () => {
    renameSync(source, `${source}.away`);
    const id = await create(5);
    await waitFor(async () => String((await show(id))['waitingFor']).includes(source), 30_000);
    expect(await show(id)).toMatchObject({ state: 'PLANNING' });
    renameSync(`${source}.away`, source);
    await waitState(app, id, 'PLAN_REVIEW');
    expect(String((await show(id))['waitingFor'])).not.toContain(source);
  }, 120_000);
});
