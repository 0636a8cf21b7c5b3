import { join } from 'node:path';

import { startModelServer, type ModelServer } from '@countersign/model-server';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { git, LIGHT, testInstallation, waitFor, type TestInstallation } from '../src/index.js';
import { invoiceRepository, MONEY } from './invoice-repository.js';
import { modelEnv } from './model-installation.js';
import { approve, createRequest, signIn, waitState } from './people.js';
import { author, TEST_COMMAND } from './scripted-author.js';

/** What spec, plan and the first few steps of an execution use; see USAGE of the scripted author. */
const LIMITS = [
  ['tokens', 12_000, 1_000_000],
  ['costMicros', 17_000, 5_000_000],
] as const;

type Budget = { readonly limits: Record<string, number | null>; readonly usage: Record<string, number>; readonly exceeded: string | null };

let app: TestInstallation;
let server: ModelServer;
let bare: string;

beforeAll(async () => {
  server = await startModelServer({ script: author });
  app = await testInstallation(process.cwd());
  await app.start({ ...LIGHT, ...modelEnv(app, server, 'openai') });
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

async function shown(id: string): Promise<{ readonly paused: boolean; readonly budget: Budget; readonly state: string }> {
  const { json } = await app.cli('reviewer', 'request', 'show', id);
  return json as Awaited<ReturnType<typeof shown>>;
}

/** The reviewer asks here, so that the maintainer may raise: never one's own request's budget. */
async function asked(title: string): Promise<string> {
  const { json, stderr } = await app.cli('reviewer', 'request', 'create', '--project', 'invoices', '--title', title, '--body', 'Put the formatter into a file of its own.');
  if (json['id'] === undefined) throw new Error(stderr);
  return String(json['id']);
}

describe.each(LIMITS)('a limit of %s', (kind, limit, raised) => {
  it('stops before the call that would pass it, is raised, and the work goes on where it stood', async () => {
    const set = await app.cli('maintainer', 'project', 'set', 'invoices', '--limit', 'tokens=none', '--limit', 'costMicros=none', '--limit', `${kind}=${limit}`);
    expect(set.code).toBe(0);
    const from = server.calls.length;
    const id = await asked(`Show amounts with two decimals, by ${kind}`);
    await waitState(app, id, 'PLAN_REVIEW');
    await approve(app, id, 'plan', 'maintainer');
    await waitFor(async () => (await shown(id)).paused, 120_000, app.output);

    const stopped = await shown(id);
    expect(stopped.budget.exceeded).toBe(kind);
    expect(stopped.budget.usage[kind]).toBeGreaterThan(0);
    expect(stopped.budget.usage[kind]).toBeLessThanOrEqual(limit);
    const calls = server.calls.length;
    const flag = kind === 'tokens' ? '--tokens' : '--cost-micros';
    const dry = await app.cli('maintainer', 'budget', id, flag, String(raised), '--dry-run');
    const raise = await app.cli('maintainer', 'budget', id, flag, String(raised), '--digest', String(dry.json['digest']));
    expect([raise.code, raise.stderr]).toEqual([0, expect.anything()]);

    await waitState(app, id, 'MERGE_REVIEW', 180);
    // Nothing that was answered before is asked for again: its bodies are all new.
    const earlier = new Set(server.calls.slice(from, calls).map(({ bodyDigest }) => bodyDigest));
    expect(server.calls.slice(calls).filter(({ bodyDigest }) => earlier.has(bodyDigest))).toEqual([]);
    const { code } = await app.cli('reviewer', 'cancel', id, '-m', 'the budget was what mattered');
    expect(code).toBe(0);
    await waitState(app, id, 'CANCELLED');
  }, 240_000);
});

it('refuses a money limit where the price is not known, and says how to set one', async () => {
  await app.stop();
  await app.start({ ...LIGHT, ...modelEnv(app, server, 'openai'), COUNTERSIGN_MODEL_PRICES: '' });
  const set = await app.cli('maintainer', 'project', 'set', 'invoices', '--limit', 'tokens=none', '--limit', 'costMicros=1000000');
  expect(set.code).toBe(0);
  const id = await asked('Show amounts with two decimals, price unknown');
  await waitState(app, id, 'FAILED');
  const { json } = await app.cli('reviewer', 'request', 'show', id);
  expect(JSON.stringify(json)).toContain('PRICE_UNKNOWN');
  expect(JSON.stringify(json)).toContain('COUNTERSIGN_MODEL_PRICES');
}, 120_000);

it('merges where no limit is set', async () => {
  await app.cli('maintainer', 'project', 'set', 'invoices', '--limit', 'costMicros=none');
  const id = await createRequest(app, 'invoices', 'Show amounts with two decimals', 'Put the formatter into a file of its own.');
  await waitState(app, id, 'PLAN_REVIEW');
  await approve(app, id, 'plan');
  await waitState(app, id, 'MERGE_REVIEW', 180);
  await approve(app, id, 'merge');
  await waitState(app, id, 'DONE');
  expect(git(bare, 'show', 'main:src/money.js')).toBe(MONEY);
}, 240_000);
