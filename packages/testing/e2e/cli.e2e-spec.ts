import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { git, NO_CONSOLE, sampleRepository, testInstallation, waitFor, type TestInstallation } from '../src/index.js';
import { approve, createRequest, gateOf, signIn, waitState } from './people.js';
import { waitUntilClean } from './traces.js';

const ROOT = process.cwd();
let app: TestInstallation;
let source: string;
let bare: string;

beforeAll(async () => {
  app = await testInstallation(ROOT);
  await app.start(NO_CONSOLE);
  await signIn(app, 'observer');
  source = sampleRepository(join(app.reposDir, 'sample'));
  const added = await app.cli('maintainer', 'project', 'add', 'sample', '--repo', source, '--test-command', 'node --test');
  expect(added.code).toBe(0);
  bare = String(added.json['bare']);
}, 180_000);

afterAll(async () => {
  await app?.stop();
  app?.remove();
});

/** What anybody would write to rename an identifier as code, with nothing of ours: the independent witness. */
function renamedByHand(): string {
  const copy = join(app.reposDir, 'by-hand');
  cpSync(source, copy, { recursive: true });
  const edits: Record<string, readonly [string, string][]> = {
    'src/total.js': [['export function computeTotal(', 'export function calculateTotal(']],
    'src/cart.js': [['import { computeTotal }', 'import { calculateTotal }'], ['total: computeTotal(', 'total: calculateTotal(']],
    'src/report.js': [['import { computeTotal }', 'import { calculateTotal }'], ['${computeTotal(', '${calculateTotal(']],
    'test/total.test.js': [['import { computeTotal }', 'import { calculateTotal }'], ['assert.equal(computeTotal(', 'assert.equal(calculateTotal(']],
  };
  for (const [path, pairs] of Object.entries(edits)) {
    const file = join(copy, path);
    writeFileSync(file, pairs.reduce((text, [from, to]) => text.replace(from, to), readFileSync(file, 'utf8')));
  }
  git(copy, 'add', '-A');
  return git(copy, 'diff', '--cached', '--full-index', '--no-renames', 'HEAD');
}

describe('with the CLI only', () => {
  it('says who somebody is, and what an unknown project is', async () => {
    expect((await app.cli('reviewer', 'whoami')).json).toMatchObject({ subject: 'reviewer', roles: ['reviewer'] });
    const unknown = await app.cli('reviewer', 'request', 'create', '--project', 'nope', '--title', 'rename a to b');
    expect(unknown.code).toBe(5);
  });

  it('takes a rename from plain words to a merged change, byte for byte what a hand-written script makes', async () => {
    const before = git(bare, 'rev-parse', 'main').trim();
    const id = await createRequest(app, 'sample', 'rename computeTotal to calculateTotal');
    await waitState(app, id, 'PLAN_REVIEW');

    const plan = await app.cli('reviewer', 'plan', id);
    const { digest } = await gateOf(app, id, 'plan');
    expect(plan.json['digest']).toBe(digest);
    const subject = await app.cli('reviewer', 'subject', id, '--gate', 'plan');
    expect(createHash('sha256').update(String(subject.json['text'])).digest('hex')).toBe(digest);

    await approve(app, id, 'plan');
    await waitState(app, id, 'MERGE_REVIEW');
    await approve(app, id, 'merge');
    await waitState(app, id, 'DONE');

    expect(git(bare, 'rev-list', '--merges', '--count', `${before}..main`).trim()).toBe('1');
    expect(git(bare, 'diff', '--full-index', '--no-renames', before, 'main')).toBe(renamedByHand());
    const message = git(bare, 'log', '-1', '--format=%B', 'main');
    expect(message).toContain(`Countersign-Request: ${id}`);
    expect(message).toContain(`Countersign-Plan: ${digest}`);
    expect(message).toMatch(/^Approved-by: /m);
    expect(git(bare, 'branch', '--list', 'countersign/*')).toBe('');
    expect(git(bare, 'for-each-ref', '--format=%(refname)', 'refs/merge-requests/*/head').trim().split('\n')).toHaveLength(1);
    const shown = await app.cli('reviewer', 'request', 'show', id);
    expect(shown.json).toMatchObject({ state: 'DONE', mergeRequest: { state: 'merged' } });
    expect(git(source, 'status', '--porcelain')).toBe('');
  }, 180_000);

  it('refuses a rename to a name already used, with the places', async () => {
    const id = await createRequest(app, 'sample', 'rename items to calculateTotal');
    await waitState(app, id, 'FAILED');
    const { json } = await app.cli('reviewer', 'request', 'show', id);
    expect(JSON.stringify(json['outcome'])).toContain('RENAME_TARGET_TAKEN');
  }, 120_000);

  it('says what it understood of a request that the offline model cannot do', async () => {
    const id = await createRequest(app, 'sample', 'Make the cart faster and nicer');
    await waitState(app, id, 'FAILED');
    const { json } = await app.cli('reviewer', 'request', 'show', id);
    expect(JSON.stringify(json['outcome'])).toContain('MODEL_CANNOT');
  }, 120_000);

  it('refuses a stale digest, a vote on one\'s own request, a vote without the role and a missing digest', async () => {
    const id = await createRequest(app, 'sample', 'replace "part3 = 3" with "part3 = 33" in src/parts/part-3.js');
    await waitState(app, id, 'PLAN_REVIEW');
    const { digest } = await gateOf(app, id, 'plan');
    const stale = await app.cli('reviewer', 'approve', id, '--gate', 'plan', '--digest', 'a'.repeat(64));
    expect([stale.code, stale.json['code']]).toEqual([4, 'STALE_DIGEST']);
    const own = await app.cli('maintainer', 'approve', id, '--gate', 'plan', '--digest', digest);
    expect([own.code, own.json['code']]).toEqual([4, 'OWN_REQUEST']);
    expect((await app.cli('observer', 'approve', id, '--gate', 'plan', '--digest', digest)).code).toBe(3);
    expect((await app.cli('reviewer', 'approve', id, '--gate', 'plan')).code).toBe(2);
    expect((await app.cli('reviewer', 'approve', id, '--gate', 'plan', '--digest', 'xyz')).code).toBe(2);
    expect((await app.cli('reviewer', 'approve', id, '--gate', 'merge', '--digest', digest)).code).toBe(4);
    const rejected = await app.cli('reviewer', 'reject', id, '--gate', 'plan', '--digest', digest, '-m', 'not now');
    expect(rejected.code).toBe(0);
    await waitState(app, id, 'REJECTED');
    expect((await app.cli('reviewer', 'request', 'wait', id, '--for', 'DONE')).code).toBe(4);
  }, 120_000);

  it('merges two approved requests at once: one merges, the other asks again and then merges', async () => {
    const titles = ['replace "part1 = 1" with "part1 = 11" in src/parts/part-1.js', 'replace "part2 = 2" with "part2 = 22" in src/parts/part-2.js'];
    const ids = await Promise.all(titles.map((title) => createRequest(app, 'sample', title)));
    await Promise.all(ids.map((id) => waitState(app, id, 'PLAN_REVIEW')));
    await Promise.all(ids.map((id) => approve(app, id, 'plan')));
    await Promise.all(ids.map((id) => waitState(app, id, 'MERGE_REVIEW')));
    const digests = await Promise.all(ids.map(async (id) => (await gateOf(app, id, 'merge')).digest));
    await Promise.all(ids.map((id, index) => app.cli('reviewer', 'approve', id, '--gate', 'merge', '--digest', digests[index] ?? '')));
    const states = async (): Promise<string[]> =>
      Promise.all(ids.map(async (id) => String((await app.cli('reviewer', 'request', 'show', id)).json['state'])));
    await waitFor(async () => (await states()).includes('DONE') && (await reopened()) !== undefined, 60_000);
    async function reopened(): Promise<string | undefined> {
      for (const [index, id] of ids.entries()) {
        const gate = await gateOf(app, id, 'merge');
        if (gate.state === 'open' && gate.digest !== digests[index]) return id;
      }
      return undefined;
    }
    const again = (await reopened()) ?? '';
    expect((await gateOf(app, again, 'merge')).account).toContain('TARGET_MOVED');
    await approve(app, again, 'merge');
    await waitState(app, again, 'DONE');
    expect(git(bare, 'show', 'main:src/parts/part-1.js')).toContain('11');
    expect(git(bare, 'show', 'main:src/parts/part-2.js')).toContain('22');
  }, 240_000);

  it('ends a request whose change conflicts, naming the conflict, and leaves nothing behind', async () => {
    const titles = ['replace "part5 = 5" with "part5 = 55" in src/parts/part-5.js', 'replace "part5 = 5" with "part5 = 555" in src/parts/part-5.js'];
    const [first = '', second = ''] = await Promise.all(titles.map((title) => createRequest(app, 'sample', title)));
    for (const id of [first, second]) {
      await waitState(app, id, 'PLAN_REVIEW');
      await approve(app, id, 'plan');
      await waitState(app, id, 'MERGE_REVIEW');
    }
    await approve(app, first, 'merge');
    await waitState(app, first, 'DONE');
    await approve(app, second, 'merge');
    await waitState(app, second, 'FAILED');
    const { json } = await app.cli('reviewer', 'request', 'show', second);
    expect(JSON.stringify(json['outcome'])).toContain('MERGE_CONFLICT');
    await waitFor(() => git(bare, 'branch', '--list', 'countersign/*') === '', 20_000);
    expect(json['mergeRequest']).toMatchObject({ state: expect.stringMatching(/open|closed/) });
  }, 240_000);

  it('leaves no container and no workspace of a finished request', async () => {
    await waitUntilClean(app);
  }, 90_000);
});
