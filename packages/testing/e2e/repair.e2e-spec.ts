import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { git, NO_CONSOLE, sampleRepository, testInstallation, waitFor, type TestInstallation } from '../src/index.js';
import { historyOf, resetToBefore } from './engine.js';
import { approve, createRequest, gateOf, signIn, waitState } from './people.js';
import { branchesOf, containersOf, journalOf, mergeRequestsOf, mergesSince, timesMade, waitUntilClean } from './traces.js';

/** Long enough for a run that was told nothing to do something, retries included. */
const IDLE_MS = 5_000;
const STEPS = 60;

let app: TestInstallation;
let bare: string;

beforeAll(async () => {
  app = await testInstallation(process.cwd());
  await app.start(NO_CONSOLE);
  await signIn(app, 'admin');
  const source = sampleRepository(join(app.reposDir, 'sample'));
  const added = await app.cli('maintainer', 'project', 'add', 'sample', '--repo', source, '--test-command', 'node --test');
  bare = String(added.json['bare']);
}, 180_000);

afterAll(async () => {
  await app?.stop();
  app?.remove();
});

async function toMergeReview(n: number): Promise<string> {
  const id = await createRequest(app, 'sample', `replace "part${n} = ${n}" with "part${n} = 1${n}" in src/parts/part-${n}.js`);
  await waitState(app, id, 'PLAN_REVIEW');
  await approve(app, id, 'plan');
  await waitState(app, id, 'MERGE_REVIEW');
  return id;
}

async function shown(id: string): Promise<Record<string, unknown>> {
  return (await app.cli('reviewer', 'request', 'show', id)).json;
}

async function audited(id: string): Promise<readonly string[]> {
  const { json } = await app.cli('admin', 'audit', id);
  return (json['items'] as readonly { type: string }[]).map(({ type }) => type);
}

/** Everything that a second run could make: refs of the repository, the journal, facts that were measured. */
async function madeSoFar(id: string): Promise<unknown> {
  const facts = (await audited(id)).filter((type) => type === 'fact').length;
  return { refs: git(bare, 'for-each-ref'), journal: await journalOf(app, id), facts };
}

async function expectSuperseded(id: string, made: unknown): Promise<void> {
  await waitFor(async () => (await shown(id))['superseded'] === true, 30_000);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  expect(await madeSoFar(id)).toEqual(made);
  expect(await audited(id)).toContain('run-superseded');
}

describe('a lifecycle that an operator reset to before its plan gate', () => {
  it('does nothing twice, says so, and is finished by repair', async () => {
    const before = git(bare, 'rev-parse', 'main').trim();
    const id = await toMergeReview(1);
    const { digest, revision } = await gateOf(app, id, 'merge');
    const made = await madeSoFar(id);

    resetToBefore(app, id, 'agent.writePlan');
    await expectSuperseded(id, made);
    expect(await shown(id)).toMatchObject({ state: 'MERGE_REVIEW', superseded: true });
    const activities = historyOf(app, id).flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType.name ?? []);
    expect(activities).not.toContain('agent.execute');

    expect((await app.cli('maintainer', 'repair', id)).code).toBe(3);
    const repaired = await app.cli('admin', 'repair', id);
    expect([repaired.code, repaired.stderr]).toEqual([0, expect.anything()]);
    expect(await shown(id)).toMatchObject({ state: 'MERGE_REVIEW', superseded: false });
    expect(await gateOf(app, id, 'merge')).toMatchObject({ state: 'open', digest, revision });
    await approve(app, id, 'merge');
    await waitState(app, id, 'DONE');

    expect(mergeRequestsOf(bare)).toHaveLength(1);
    expect(mergesSince(bare, before)).toBe(1);
    expect(branchesOf(bare)).toEqual([]);
    expect(await journalOf(app, id)).toEqual((made as { journal: unknown }).journal);
    expect((await app.cli('admin', 'repair', id)).code).toBe(4);
    await waitUntilClean(app);
  }, 180_000);

  it('keeps a vote that was given while nobody owned the request', async () => {
    const before = git(bare, 'rev-parse', 'main').trim();
    const id = await toMergeReview(2);
    const { digest } = await gateOf(app, id, 'merge');
    resetToBefore(app, id, 'agent.writePlan');
    await waitFor(async () => (await shown(id))['superseded'] === true, 30_000);
    await app.cli('reviewer', 'approve', id, '--gate', 'merge', '--digest', digest);
    expect(mergesSince(bare, before)).toBe(0);
    expect((await app.cli('admin', 'repair', id)).code).toBe(0);
    await waitState(app, id, 'DONE');
    expect(mergesSince(bare, before)).toBe(1);
    expect(mergeRequestsOf(bare)).toHaveLength(2);
  }, 180_000);

  it('stops the work of the run that it ended, and goes on from the journal', async () => {
    const before = git(bare, 'rev-parse', 'main').trim();
    const parts = Array.from({ length: STEPS }, (_, n) => 40 + n);
    const body = parts.map((n) => `replace "part${n} = ${n}" with "part${n} = 1${n}" in src/parts/part-${n}.js`).join('\n');
    const id = await createRequest(app, 'sample', 'Change many parts', body);
    await waitState(app, id, 'PLAN_REVIEW');
    await approve(app, id, 'plan');
    const recorded = async (): Promise<number> => (await journalOf(app, id)).steps.filter(({ step, record }) => step > 0 && record !== null).length;
    await waitFor(async () => (await recorded()) >= 3, 60_000);
    resetToBefore(app, id, 'agent.writePlan');
    await waitFor(async () => (await shown(id))['superseded'] === true, 30_000);
    await waitFor(() => containersOf(app).length === 0, 30_000);
    const held = await journalOf(app, id);
    expect(await recorded()).toBeLessThan(STEPS);

    expect((await app.cli('admin', 'repair', id)).code).toBe(0);
    await waitState(app, id, 'MERGE_REVIEW');
    await approve(app, id, 'merge');
    await waitState(app, id, 'DONE');
    const { steps } = await journalOf(app, id);
    for (const row of held.steps.filter(({ record }) => record !== null)) expect(steps).toContainEqual(row);
    for (const { step, record } of held.steps) if (step > 0 && record !== null) expect([step, await timesMade(app, id, step)]).toEqual([step, 1]);
    expect(mergesSince(bare, before)).toBe(1);
    expect(git(bare, 'show', `main:src/parts/part-${parts.at(-1)}.js`)).toContain(`1${parts.at(-1)}`);
    await waitUntilClean(app);
  }, 180_000);

  it('leaves a request alone that had ended', async () => {
    const id = await toMergeReview(3);
    await approve(app, id, 'merge');
    await waitState(app, id, 'DONE');
    await waitUntilClean(app);
    const made = await madeSoFar(id);
    resetToBefore(app, id, 'agent.writePlan');
    await expectSuperseded(id, made);
    const refused = await app.cli('admin', 'repair', id);
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('REQUEST_ENDED')]);
    expect(await shown(id)).toMatchObject({ state: 'DONE', mergeRequest: { state: 'merged' } });
  }, 180_000);
});
