import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { git, NO_CONSOLE, sampleRepository, testInstallation, waitFor, type TestInstallation } from '../src/index.js';
import { approve, createRequest, signIn, waitState } from './people.js';
import { branchesOf, containersOf, mergeRequestsOf, waitUntilClean } from './traces.js';

/** Numbers that nobody else's command line has. */
const SLEEP_S = 70_000 + (process.pid % 9_000);
/** Where the change brings `forever`, a tree of processes that nobody waits for; where it brings `nap`, a few seconds. */
const TEST_COMMAND = `if [ -e forever ]; then sleep ${SLEEP_S} & (setsid sleep ${SLEEP_S} &); sh -c 'sleep ${SLEEP_S}; true'; fi; if [ -e nap ]; then sleep 6; fi`;

let app: TestInstallation;
let bare: string;

beforeAll(async () => {
  app = await testInstallation(process.cwd());
  await app.start(NO_CONSOLE);
  await signIn(app);
  const source = sampleRepository(join(app.reposDir, 'sample'));
  const added = await app.cli('maintainer', 'project', 'add', 'sample', '--repo', source, '--test-command', TEST_COMMAND);
  bare = String(added.json['bare']);
}, 180_000);

afterAll(async () => {
  await app?.stop();
  app?.remove();
});

async function approved(title: string, body = ''): Promise<string> {
  const id = await createRequest(app, 'sample', title, body);
  await waitState(app, id, 'PLAN_REVIEW');
  await approve(app, id, 'plan');
  return id;
}

async function show(id: string): Promise<Record<string, unknown>> {
  return (await app.cli('reviewer', 'request', 'show', id)).json;
}

function sleepers(): number {
  const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
  return processes.filter((args) => args === `sleep ${SLEEP_S}`).length;
}

async function cancel(id: string): Promise<void> {
  const answer = await app.cli('maintainer', 'cancel', id, '-m', 'changed our mind');
  expect([answer.code, answer.stderr]).toEqual([0, expect.anything()]);
  await waitState(app, id, 'CANCELLED', 30);
  await waitUntilClean(app);
}

describe('cancelled', () => {
  it('while a command of the project runs: its whole process tree is gone', async () => {
    const id = await approved('add file forever', '```\nx\n```');
    await waitFor(() => sleepers() === 3, 60_000, () => `${sleepers()} sleep`);
    await cancel(id);
    expect(sleepers()).toBe(0);
    expect(branchesOf(bare)).toEqual([]);
    expect(mergeRequestsOf(bare)).toEqual([]);
    expect(await show(id)).toMatchObject({ state: 'CANCELLED', outcome: { message: 'changed our mind' } });
  }, 120_000);

  it('while the agent works in its sandbox: nothing of it is left', async () => {
    const steps = Array.from({ length: 20 }, (_, n) => `replace "part${n} = ${n}" with "part${n} = 1${n}" in src/parts/part-${n}.js`);
    const id = await approved('Change twenty parts', steps.join('\n'));
    await waitFor(() => containersOf(app).length > 0, 30_000);
    expect((await show(id))['state']).toBe('EXECUTING');
    await cancel(id);
    expect(branchesOf(bare)).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await waitUntilClean(app);
  }, 120_000);

  it('with its merge request open: that is closed and the branch is gone', async () => {
    const id = await approved('replace "part30 = 30" with "part30 = 31" in src/parts/part-30.js');
    await waitState(app, id, 'MERGE_REVIEW');
    expect(branchesOf(bare)).toHaveLength(1);
    await cancel(id);
    await waitFor(() => branchesOf(bare).length === 0, 20_000);
    const [head = ''] = mergeRequestsOf(bare);
    await waitFor(() => git(bare, 'show', `${head.replace(/head$/, 'meta')}:merge-request.json`).includes('"closed"'), 20_000);
    expect(await show(id)).toMatchObject({ mergeRequest: { state: 'closed' } });
  }, 120_000);
});

describe('paused while its checks run', () => {
  it('holds no sandbox and no slot, and goes on where it stood', async () => {
    const id = await approved('add file nap', '```\nx\n```');
    await waitState(app, id, 'CHECKING');
    await waitFor(() => containersOf(app).length > 0, 30_000);
    expect((await app.cli('maintainer', 'pause', id)).code).toBe(0);
    await waitFor(async () => (await show(id))['paused'] === true, 20_000);
    await waitFor(() => containersOf(app).length === 0, 30_000);
    expect(await show(id)).toMatchObject({ state: 'CHECKING', waitingFor: expect.stringContaining('resume') });

    expect((await app.cli('maintainer', 'resume', id)).code).toBe(0);
    await waitState(app, id, 'MERGE_REVIEW');
    await approve(app, id, 'merge');
    await waitState(app, id, 'DONE');
    expect(git(bare, 'show', 'main:nap')).toBe('x\n');
    await waitUntilClean(app);
  }, 120_000);
});
