import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { aRequestBundle, aRequestLog, type BundleValue, bundleText, hashOf, type MadeRequest, noteOf } from '@countersign/verify/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { FakeInstallation } from '../test/fake-installation.js';

const ID = '4a1a0e4c-8f7e-4e6c-9a55-2b3b3f2a9d10';
let fake: FakeInstallation;
let made: MadeRequest;
let asked: unknown[];

/** The gateway makes this bundle; `sent` is what it sends. */
function exports(bundle: BundleValue, sent = bundleText(bundle)): void {
  const text = bundleText(bundle);
  fake.rest['POST /audit/exports'] = ({ body, authorization }) => {
    asked.push([JSON.parse(body), authorization]);
    return { status: 200, body: JSON.stringify({ id: ID, bytes: Buffer.byteLength(text), sha256: hashOf(text), entries: bundle.entries.length }) };
  };
  fake.rest[`GET /audit/exports/${ID}`] = () => ({ status: 200, body: sent });
}

beforeEach(async () => {
  fake = await FakeInstallation.start();
  fake.answers['{ me {'] = () => ({ data: { me: { subject: 'observer', roles: ['observer'], tenant: 't1' } } });
  await fake.run(['login', '--as', 'observer']);
  made = aRequestLog();
  asked = [];
  exports(aRequestBundle(made));
});
afterEach(() => fake.close());

const at = (name: string) => join(fake.dir, name);
const put = async (name: string, text: string): Promise<string> => {
  await writeFile(at(name), text);
  return at(name);
};
const noteAt = (size: number) => noteOf(made.log.checkpoint(size), made.log.logKey);

describe('audit export', () => {
  it('writes the bundle to the byte, with progress on stderr, and verify takes it', async () => {
    const { exit, stderr, json } = await fake.run(['audit', 'export', '-o', at('b.json'), '--json']);
    const text = bundleText(aRequestBundle(made));
    expect([exit, json()]).toEqual([0, { file: at('b.json'), bytes: Buffer.byteLength(text), sha256: hashOf(text), entries: made.indexes.length, checkpoint: null }]);
    expect([await readFile(at('b.json'), 'utf8'), asked]).toEqual([text, [[{}, 'Bearer access-1']]]);
    expect(stderr).toMatch(/being made[\s\S]*entries[\s\S]*SHA-256/);
    expect((await fake.run(['verify', at('b.json')])).exit).toBe(7);
  });

  it('asks for one request, or a span of time, with the earlier checkpoint as it was kept', async () => {
    const earlier = await put('kept.note', noteAt(20));
    await fake.run(['audit', 'export', '--request', 'r1', '--checkpoint', earlier, '-o', at('1.json')]);
    await fake.run(['audit', 'export', '--from', '2026-11-01', '--to', '2026-11-21T08:54:22+01:00', '-o', at('2.json')]);
    expect(asked).toEqual([
      [{ request: 'r1', earlier: noteAt(20) }, 'Bearer access-1'],
      [{ from: '2026-11-01T00:00:00.000Z', to: '2026-11-21T07:54:22.000Z' }, 'Bearer access-1'],
    ]);
  });

  it.each([
    [['audit', 'export']],
    [['audit', 'export', '--from', 'yesterday', '-o', '/nonexistent/b']],
    [['audit', 'export', '--from', '2026-11-21T08:54:22', '-o', '/nonexistent/b']],
    [['audit', 'export', '--request', 'r1', '--to', '2026-11-01', '-o', '/nonexistent/b']],
    [['audit', 'export', '--checkpoint', '/nonexistent', '-o', '/nonexistent/b']],
    [['audit', 'export', '-o', '/tmp', '--force']],
    [['audit']],
  ])('%j is a usage error', async (line) => {
    expect((await fake.run(line)).exit).toBe(2);
    expect(asked).toEqual([]);
  });

  it('replaces a file only where it is told to, and never what is no file', async () => {
    await put('b.json', 'mine');
    await symlink(at('b.json'), at('link.json'));
    expect(await fake.run(['audit', 'export', '-o', at('b.json')])).toMatchObject({ exit: 2, stderr: expect.stringContaining('--force') });
    expect((await fake.run(['audit', 'export', '-o', at('link.json'), '--force'])).exit).toBe(2);
    expect([await readFile(at('b.json'), 'utf8'), asked]).toEqual(['mine', []]);
    expect((await fake.run(['audit', 'export', '-o', at('b.json'), '--force'])).exit).toBe(0);
  });

  it.each([
    ['a byte is another', (text: string) => `${text.slice(0, -1)} `],
    ['the end is missing', (text: string) => text.slice(0, -10)],
  ])('keeps nothing, and the old file, where %s', async (_, spoil) => {
    await put('b.json', 'mine');
    const before = await readdir(fake.dir);
    exports(aRequestBundle(made), spoil(bundleText(aRequestBundle(made))));
    expect(await fake.run(['audit', 'export', '-o', at('b.json'), '--force'])).toMatchObject({ exit: 1, stderr: expect.stringContaining('ARTIFACT_CORRUPT') });
    expect([await readFile(at('b.json'), 'utf8'), await readdir(fake.dir)]).toEqual(['mine', before]);
  });

  it('passes on what the gateway says, and a transfer that breaks', async () => {
    const before = await readdir(fake.dir);
    fake.rest[`GET /audit/exports/${ID}`] = () => ({ status: 200, body: 'short', headers: { 'content-length': '100', connection: 'close' } });
    expect((await fake.run(['audit', 'export', '-o', at('b.json')])).exit).toBe(6);
    fake.rest[`GET /audit/exports/${ID}`] = () => ({ status: 404, body: '{"error":{"code":"NOT_FOUND","message":"gone"}}' });
    expect((await fake.run(['audit', 'export', '-o', at('b.json')])).exit).toBe(5);
    fake.rest['POST /audit/exports'] = () => ({ status: 400, body: '{"error":{"code":"INVALID_INPUT","message":"no","field":"earlier"}}' });
    expect((await fake.run(['audit', 'export', '-o', at('b.json'), '--json'])).json()).toEqual({ error: { code: 'INVALID_INPUT', message: 'no', field: 'earlier' } });
    expect(await readdir(fake.dir)).toEqual(before);
  });
});

describe('the checkpoint of an export', () => {
  it('is kept for the next one, also in the file of the one before', async () => {
    const kept = at('kept.note');
    const first = await fake.run(['audit', 'export', '-o', at('1.json'), '--save-checkpoint', kept]);
    expect([first.exit, first.stdout.split('\n').length]).toEqual([0, 3]);
    expect(await readFile(kept, 'utf8')).toBe(noteAt(made.log.entries.length));

    const earlierSize = made.log.entries.length;
    made.log.note('signed-in');
    exports(made.log.bundle(made.indexes, made.documents, earlierSize));
    const { exit } = await fake.run(['audit', 'export', '-o', at('2.json'), '--checkpoint', kept, '--save-checkpoint', kept]);
    expect([exit, await readFile(kept, 'utf8')]).toEqual([0, noteAt(earlierSize + 1)]);
  });

  it('never takes the place of a kept one unasked', async () => {
    const kept = await put('kept.note', noteAt(20));
    expect((await fake.run(['audit', 'export', '-o', at('b.json'), '--save-checkpoint', kept])).exit).toBe(2);
    expect([await readFile(kept, 'utf8'), asked]).toEqual([noteAt(20), []]);
  });

  it('is not kept where the bundle does not continue the earlier one: that one is the evidence', async () => {
    const kept = await put('kept.note', noteAt(30));
    const { exit, stderr } = await fake.run(['audit', 'export', '-o', at('b.json'), '--checkpoint', kept, '--save-checkpoint', kept]);
    expect([exit, stderr]).toEqual([6, expect.stringMatching(/LOG_BROKEN.*EARLIER_CHECKPOINT_MISSING/s)]);
    expect(await readFile(kept, 'utf8')).toBe(noteAt(30));
    expect((await readdir(fake.dir)).includes('b.json')).toBe(true);
  });
});

describe('audit show', () => {
  it('is what `audit <id>` does', async () => {
    fake.answers['audit(id'] = () => ({ data: { request: { gates: [] }, audit: { edges: [], pageInfo: { hasNextPage: false, endCursor: null } } } });
    for (const line of [['audit', 'show', 'r1', '--json'], ['audit', 'r1', '--json']]) {
      const { exit, json } = await fake.run(line);
      expect([exit, json()]).toEqual([0, { items: [] }]);
    }
    expect(fake.operations.filter(({ query }) => query.includes('audit(id')).map(({ variables }) => variables['id'])).toEqual(['r1', 'r1']);
  });
});
