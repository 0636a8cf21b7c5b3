import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { git, sampleRepository, type TestInstallation, testInstallation, waitFor } from '../src/index.js';
import { approve, createRequest, signIn, waitState } from './people.js';
import { childrenOf, gitStarterOf, killChild } from './processes.js';
import { branchesOf, journalOf, mergeRequestsOf, mergesSince, timesMade, waitUntilClean, type Journal } from './traces.js';

/** See packages/testing/src/fault.ts: the product knows nothing of these. `recorded`: steps that the journal holds then. */
const MOMENTS = [
  { moment: 'inside a step', recorded: 0 },
  { moment: 'after a snapshot, before its record', recorded: 0 },
  { moment: 'between steps', recorded: 1 },
  { moment: 'after push, before record', recorded: 2 },
  { moment: 'after the merge request opened, before record', recorded: 2 },
  { moment: 'after the ref update, before record', recorded: 2 },
] as const;
const AT_MERGE = 'after the ref update, before record';
const STEPS = 2;
const GIT_KILLS = 6;

let app: TestInstallation;
let bare: string;
let fault: string;

beforeAll(async () => {
  app = await testInstallation(process.cwd());
  fault = join(app.reposDir, 'fault');
  await app.start({ COUNTERSIGN_FAULT_FILE: fault });
  await signIn(app);
  const source = sampleRepository(join(app.reposDir, 'sample'));
  const added = await app.cli('maintainer', 'project', 'add', 'sample', '--repo', source, '--test-command', 'node --test');
  bare = String(added.json['bare']);
}, 180_000);

afterAll(async () => {
  await app?.stop();
  app?.remove();
});

type Begun = { readonly id: string; readonly before: string; readonly requests: number; readonly n: number };

async function begin(n: number, isAtMerge: boolean): Promise<Begun> {
  const before = git(bare, 'rev-parse', 'main').trim();
  const requests = mergeRequestsOf(bare).length;
  const body = `replace "part${n} = ${n}" with "part${n} = 1${n}" in src/parts/part-${n}.js\nadd file notes/${n}.md\n\`\`\`\nPart ${n}\n\`\`\``;
  const id = await createRequest(app, 'sample', `Change part ${n} in two steps`, body);
  await waitState(app, id, 'PLAN_REVIEW');
  if (isAtMerge) {
    await approve(app, id, 'plan');
    await waitState(app, id, 'MERGE_REVIEW');
  }
  return { id, before, requests, n };
}

async function expectMergedOnce({ id, before, requests, n }: Begun): Promise<void> {
  await waitState(app, id, 'DONE');
  expect(mergeRequestsOf(bare)).toHaveLength(requests + 1);
  expect(mergesSince(bare, before)).toBe(1);
  expect(branchesOf(bare)).toEqual([]);
  expect(git(bare, 'show', `main:src/parts/part-${n}.js`)).toContain(`1${n}`);
  expect(git(bare, 'show', `main:notes/${n}.md`)).toBe(`Part ${n}\n`);
  await waitUntilClean(app);
}

/** What the journal held when everything was killed stands as it was, and none of it was made a second time. */
async function expectNothingTwice({ id }: Begun, held: Journal): Promise<void> {
  const { steps, leases } = await journalOf(app, id);
  for (const row of held.steps.filter(({ record }) => record !== null)) expect(steps).toContainEqual(row);
  for (const row of held.steps) expect(steps.find(({ step }) => step === row.step)?.answer).toBe(row.answer);
  expect(leases).toHaveLength(1);
  const recorded = held.steps.filter(({ step, record }) => step > 0 && record !== null).map(({ step }) => step);
  for (const step of recorded) expect([step, await timesMade(app, id, step)]).toEqual([step, 1]);
  // An execution that had ended is not begun again at all.
  expect(leases[0]?.epoch).toBe(recorded.length === STEPS ? 1 : 2);
}

/** What it started runs on after a kill -9; here that is killed as well. */
function killChildren(): void {
  expect(childrenOf(app).map(({ name }) => name)).toEqual(expect.arrayContaining(['postgres', 'temporal', 'web']));
  for (const { pid } of childrenOf(app)) process.kill(pid, 'SIGKILL');
}

/** At moments of its work that no clock chooses: each one a little later after it began than the one before. */
async function killGitStarters(times: number): Promise<void> {
  let last: number | undefined;
  for (let n = 1; n <= times; n += 1) {
    const isAnother = (): boolean => ![undefined, last].includes(gitStarterOf(app));
    await waitFor(isAnother, 60_000, () => `after ${n - 1} kills there is no other process that starts git`);
    await new Promise((resolve) => setTimeout(resolve, n * 70));
    last = gitStarterOf(app);
    if (last !== undefined) process.kill(last, 'SIGKILL');
  }
}

describe('killed with -9 and started again', () => {
  it.each(MOMENTS.map(({ moment, recorded }, index) => [moment, recorded, 10 + index] as const))(
    'at %s: ends DONE with one merge request and one merge',
    async (moment, recorded, n) => {
      const isAtMerge = moment === AT_MERGE;
      const begun = await begin(n, isAtMerge);
      writeFileSync(fault, moment);
      await approve(app, begun.id, isAtMerge ? 'merge' : 'plan');
      await app.ended();
      expect(existsSync(`${fault}.struck`)).toBe(true);

      const held = await journalOf(app, begun.id);
      expect(held.steps.filter(({ step, record }) => step > 0 && record !== null)).toHaveLength(recorded);
      await app.start({ COUNTERSIGN_FAULT_FILE: fault });
      if (!isAtMerge) {
        await waitState(app, begun.id, 'MERGE_REVIEW');
        await approve(app, begun.id, 'merge');
      }
      await expectMergedOnce(begun);
      await expectNothingTwice(begun, held);
    },
    120_000,
  );

  it('with Postgres, Temporal and the console killed as well: goes on all the same', async () => {
    const begun = await begin(20, false);
    writeFileSync(fault, 'inside a step');
    await approve(app, begun.id, 'plan');
    await app.ended();
    killChildren();
    await app.start({ COUNTERSIGN_FAULT_FILE: fault });
    await waitState(app, begun.id, 'MERGE_REVIEW');
    await approve(app, begun.id, 'merge');
    await expectMergedOnce(begun);
  }, 120_000);

  it.each(['postgres', 'temporal', 'web'])('of %s alone, while a request is executed: it is started again and the request goes on', async (part) => {
    const begun = await begin({ postgres: 21, temporal: 22, web: 23 }[part] ?? 0, false);
    await approve(app, begun.id, 'plan');
    killChild(app, part);
    await waitState(app, begun.id, 'MERGE_REVIEW');
    await approve(app, begun.id, 'merge');
    await expectMergedOnce(begun);
  }, 120_000);

  it('of the process that starts git alone, again and again: each time there is another, and the request goes on', async () => {
    const begun = await begin(24, false);
    await approve(app, begun.id, 'plan');
    await killGitStarters(GIT_KILLS);
    await waitState(app, begun.id, 'MERGE_REVIEW');
    await approve(app, begun.id, 'merge');
    await killGitStarters(1);
    await expectMergedOnce(begun);
  }, 180_000);
});
