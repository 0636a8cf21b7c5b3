import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { startModelServer, type ModelServer } from '@countersign/model-server';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { git, NO_CONSOLE, testInstallation, waitFor, type TestInstallation } from '../src/index.js';
import { ask } from './gateway.js';
import { invoiceRepository, MONEY } from './invoice-repository.js';
import { modelEnv, type WireProvider } from './model-installation.js';
import { approve, createRequest, gateOf, signIn, waitState } from './people.js';
import { author, TEST_COMMAND, TOOL_CALLS } from './scripted-author.js';
import { mergesSince } from './traces.js';

type Comment = { readonly author: string; readonly byModel: boolean; readonly text: string };
type Finding = { readonly rule: string; readonly message: string; readonly path: string | null; readonly severity: string; readonly confidence: number | null };

async function detailOf(app: TestInstallation, id: string): Promise<{ comments: Comment[]; findings: Finding[]; state: string }> {
  const query = 'query ($id: ID!) { request(id: $id) { state comments { author byModel text } findings { rule message path severity confidence } } }';
  const { data, text } = await ask(app, 'reviewer', query, { id });
  if (!data?.['request']) throw new Error(text);
  return data['request'] as Awaited<ReturnType<typeof detailOf>>;
}

/** Every file below a folder, the sandbox's and git's included. */
function filesBelow(dir: string): readonly string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe.each<WireProvider>(['openai', 'anthropic'])('a change by a language model over the wire protocol of %s', (provider) => {
  let app: TestInstallation;
  let server: ModelServer;
  let bare: string;
  let before: string;
  let id: string;

  beforeAll(async () => {
    server = await startModelServer({ script: author });
    app = await testInstallation(process.cwd());
    await app.start({ ...NO_CONSOLE, ...modelEnv(app, server, provider) });
    await signIn(app);
    const source = invoiceRepository(join(app.reposDir, 'invoices'));
    const added = await app.cli('maintainer', 'project', 'add', 'invoices', '--repo', source, '--test-command', TEST_COMMAND);
    bare = String(added.json['bare']);
    before = git(bare, 'rev-parse', 'main').trim();
  }, 180_000);

  afterAll(async () => {
    await app?.stop();
    app?.remove();
    await server?.close();
  });

  it('plans plain words and answers a question about the plan in its thread', async () => {
    id = await createRequest(app, 'invoices', 'Show amounts on invoices with two decimals', 'Customers read 1250 and think it is euros.');
    await waitState(app, id, 'PLAN_REVIEW');
    const { code } = await app.cli('reviewer', 'comment', id, '-m', 'Which file renders the amounts?');
    expect(code).toBe(0);
    await waitFor(async () => (await detailOf(app, id)).comments.some(({ byModel }) => byModel), 60_000, app.output);
    const { comments } = await detailOf(app, id);
    expect(comments.map(({ byModel, text }) => [byModel, text])).toEqual([
      [false, 'Which file renders the amounts?'],
      [true, expect.stringContaining('src/invoice.js')],
    ]);
  }, 180_000);

  it('plans anew when changes are asked for, and the earlier plan can no longer be approved', async () => {
    const first = await gateOf(app, id, 'plan');
    const asked = await app.cli('reviewer', 'request-changes', id, '--gate', 'plan', '--digest', first.digest, '-m', 'Put the formatter into a file of its own, with a test.');
    expect(asked.code).toBe(0);
    await waitFor(async () => (await gateOf(app, id, 'plan')).revision === 2, 60_000, app.output);
    await waitState(app, id, 'PLAN_REVIEW');
    const { json } = await app.cli('reviewer', 'plan', id);
    expect(JSON.stringify(json)).toContain('src/money.js');
    const stale = await app.cli('reviewer', 'approve', id, '--gate', 'plan', '--digest', first.digest);
    expect([stale.code, stale.json['outcome'], stale.json['code']]).toEqual([4, 'refused', 'STALE_REVISION']);
  }, 120_000);

  it('executes with at least a dozen tool calls, a failing test among them, and is merged', async () => {
    await approve(app, id, 'plan');
    await waitState(app, id, 'MERGE_REVIEW', 180);
    const { json } = await app.cli('reviewer', 'logs', id);
    const log = String(json['text']);
    expect(TOOL_CALLS).toBeGreaterThanOrEqual(12);
    expect(log).toMatch(/ran .*: exit code 1 after/);
    expect(log).toMatch(/ran .*: exit code 0 after/);
    const { findings } = await detailOf(app, id);
    expect(findings).toContainEqual(expect.objectContaining({ path: 'src/money.js', severity: 'warning', confidence: 0.7 }));

    await approve(app, id, 'merge');
    await waitState(app, id, 'DONE');
    expect(mergesSince(bare, before)).toBe(1);
    expect(git(bare, 'show', 'main:src/money.js')).toBe(MONEY);
    expect(git(bare, 'show', 'main:src/invoice.js')).toContain('formatMoney(cents)');
  }, 300_000);

  it('counts tokens, the cached ones among them, and money by the price that was set', async () => {
    const { json } = await app.cli('reviewer', 'request', 'show', id);
    const { usage } = json['budget'] as { usage: { tokens: number; cachedTokens: number; costMicros: number } };
    const calls = server.calls.length;
    expect(usage.tokens).toBe(calls * 2_120);
    expect(usage.cachedTokens).toBe(calls * 1_500);
    // 500 tokens at 2, 1500 at 0.5 and 120 at 10 micro-dollars.
    expect(usage.costMicros).toBe(calls * 2_950);
  });

  it('keeps the key out of everything that is stored', () => {
    const holders = filesBelow(app.dataDir).filter((file) => readFileSync(file).includes(server.key));
    expect(holders).toEqual([]);
    expect(app.output()).not.toContain(server.key);
  });
});
