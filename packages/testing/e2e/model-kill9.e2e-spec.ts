import { join } from 'node:path';

import { startModelServer, type LoggedCall, type ModelScript, type ModelServer } from '@countersign/model-server';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { git, NO_CONSOLE, testInstallation, waitFor, type TestInstallation } from '../src/index.js';
import { invoiceRepository } from './invoice-repository.js';
import { modelEnv } from './model-installation.js';
import { approve, createRequest, signIn, waitState } from './people.js';
import { author, EXECUTION, TEST_COMMAND } from './scripted-author.js';
import { journalOf, mergeRequestsOf, mergesSince, waitUntilClean } from './traces.js';

const KILLS = 10;
const SEED = 20261121;
/** Long enough that a kill can fall into a model call as well as between two. */
const MODEL_MS = 250;

/** Park and Miller's generator: the same moments in every run. */
function* randomsFrom(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (state * 48_271) % 2_147_483_647;
    yield state / 2_147_483_647;
  }
}

/** Numbers, in the server's log, of the calls that an executor made. */
const byExecutor = new Set<number>();

const slow: ModelScript = async (call) => {
  if (call.tools.some(({ name }) => name === 'finish')) byExecutor.add(call.callNumber);
  await new Promise((resolve) => setTimeout(resolve, MODEL_MS));
  return author(call);
};

let app: TestInstallation;
let server: ModelServer;
let bare: string;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startModelServer({ script: slow });
  app = await testInstallation(process.cwd());
  env = { ...NO_CONSOLE, ...modelEnv(app, server, 'openai') };
  await app.start(env);
  await signIn(app);
  const source = invoiceRepository(join(app.reposDir, 'invoices'));
  const added = await app.cli('maintainer', 'project', 'add', 'invoices', '--repo', source, '--test-command', TEST_COMMAND);
  bare = String(added.json['bare']);
}, 180_000);

afterAll(async () => {
  await app?.stop();
  app?.remove();
  await server?.close();
});

async function begin(): Promise<{ readonly id: string; readonly from: number }> {
  const id = await createRequest(app, 'invoices', 'Show amounts with two decimals', 'Put the formatter into a file of its own.');
  await waitState(app, id, 'PLAN_REVIEW');
  const from = server.calls.length;
  await approve(app, id, 'plan');
  return { id, from };
}

/** The tree that the execution left, and how its steps are counted. */
async function treeOf(id: string): Promise<string> {
  const { json } = await app.cli('reviewer', 'diff', id);
  return String(json['text'] ?? json['patch'] ?? JSON.stringify(json));
}

/** By body: a call that is made again is the same one to the byte. */
function byBody(calls: readonly LoggedCall[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { bodyDigest } of calls) counts.set(bodyDigest, (counts.get(bodyDigest) ?? 0) + 1);
  return counts;
}

describe(`an execution killed with -9 at ${KILLS} seeded moments`, () => {
  it('ends with the tree of an undisturbed one, each finished step asked for once', async () => {
    const undisturbed = await begin();
    await waitState(app, undisturbed.id, 'MERGE_REVIEW', 180);
    const expected = await treeOf(undisturbed.id);
    const { code } = await app.cli('maintainer', 'cancel', undisturbed.id, '-m', 'only the tree was wanted');
    expect(code).toBe(0);
    await waitState(app, undisturbed.id, 'CANCELLED');

    const before = git(bare, 'rev-parse', 'main').trim();
    const requests = mergeRequestsOf(bare).length;
    const { id, from } = await begin();
    const randoms = randomsFrom(SEED);
    const moments: string[] = [];
    for (let kill = 1; kill <= KILLS; kill += 1) {
      // Each round gets at least one call further, so that the kills are spread over the whole run.
      const calls = server.calls.length;
      await waitFor(() => server.calls.length > calls || kill === 1, 60_000, app.output);
      const delayMs = Math.round(randoms.next().value * 2 * MODEL_MS);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      const { steps } = await journalOf(app, id);
      moments.push(`${delayMs} ms after call ${server.calls.length - from}, ${steps.filter(({ record }) => record !== null).length} steps recorded`);
      await app.kill9();
      await app.start(env);
    }
    await waitState(app, id, 'MERGE_REVIEW', 180);
    process.stdout.write(`${moments.join("\n")}\n`);

    const counts = byBody(server.calls.slice(from).filter(({ callNumber }) => byExecutor.has(callNumber)));
    const repeated = [...counts.values()].reduce((sum, count) => sum + count - 1, 0);
    expect(counts.size).toBe(EXECUTION.length + 1);
    expect(repeated).toBeLessThanOrEqual(KILLS);
    expect(await treeOf(id)).toBe(expected);

    await approve(app, id, 'merge');
    await waitState(app, id, 'DONE');
    expect(mergeRequestsOf(bare)).toHaveLength(requests + 1);
    expect(mergesSince(bare, before)).toBe(1);
    await waitUntilClean(app);
  }, 600_000);
});
