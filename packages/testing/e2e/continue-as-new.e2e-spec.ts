import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';

import { git, LIGHT, sampleRepository, testInstallation, waitFor, type TestInstallation } from '../src/index.js';
import { ask } from './gateway.js';
import { approve, createRequest, gateOf, signIn, waitState } from './people.js';
import { mergeRequestsOf } from './traces.js';

/** A run rolls over at the first reminder after so many events: the plan gate opens at about 40. */
const EVENTS = '20';
const REMINDER_MS = 2_000;

let app: TestInstallation;
let bare: string;

beforeAll(async () => {
  app = await testInstallation(process.cwd());
  await app.start({ ...LIGHT, COUNTERSIGN_LIFECYCLE_EVENTS: EVENTS });
  await signIn(app, 'admin');
  const source = sampleRepository(join(app.reposDir, 'sample'));
  bare = String((await app.cli('maintainer', 'project', 'add', 'sample', '--repo', source, '--test-command', 'node --test')).json['bare']);
  const settings = { reminderMs: REMINDER_MS, approvalsRequired: 2 };
  const set = await ask(app, 'maintainer', 'mutation ($input: SetProjectInput!) { setProject(input: $input) { name } }', { input: { name: 'sample', settings } });
  expect(set.refusal).toBeUndefined();
}, 180_000);

afterAll(async () => {
  await app?.stop();
  app?.remove();
});

it('a request continued as new is adopted by its records, keeps the vote cast before, and counts the one cast after', async () => {
  const id = await createRequest(app, 'sample', 'replace "part1 = 1" with "part1 = 11" in src/parts/part-1.js');
  await waitState(app, id, 'PLAN_REVIEW');
  const connection = await Connection.connect({ address: app.state().addresses['temporal'] ?? '' });
  try {
    const { workflow } = new Client({ connection });
    const runOf = async (): Promise<string> => (await workflow.getHandle(`request-${id}`).describe()).runId;
    const first = await runOf();
    await approve(app, id, 'plan', 'reviewer');
    await waitFor(async () => (await runOf()) !== first, 30_000, app.output);
    await approve(app, id, 'plan', 'admin');
    await waitState(app, id, 'MERGE_REVIEW');
    for (const person of ['reviewer', 'admin']) await approve(app, id, 'merge', person);
    await waitState(app, id, 'DONE');
    const plan = await gateOf(app, id, 'plan');
    expect(plan).toMatchObject({ state: 'passed', revision: 1 });
    const { json } = await app.cli('reviewer', 'request', 'show', id);
    expect(json).toMatchObject({ superseded: false });
    expect(mergeRequestsOf(bare)).toHaveLength(1);
    expect(git(bare, 'show', 'main:src/parts/part-1.js')).toContain('11');
  } finally {
    await connection.close();
  }
}, 240_000);
