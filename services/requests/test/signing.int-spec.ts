import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { KEY_LIST_TYPE, readKeyList, verifyStatementEnvelope } from '@countersign/verify';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { FileKeyStore } from '../src/signing/file-key-store.adapter.js';
import { KeyRing, listed } from '../src/signing/key-ring.js';
import { sealed } from '../src/signing/seal.js';
import { aSigner } from '../src/testing/signer.fake.js';
import { type Harness, harness } from './harness.js';

describe('signing keys', () => {
  let h: Harness;
  let dir: string;
  let now = Date.parse('2026-11-21T00:00:00.000Z');
  const clock = () => new Date((now += 1000));
  const open = () => KeyRing.open({ store: h.store, keys: new FileKeyStore(dir), clock });
  beforeEach(async () => {
    h = await harness();
    dir = await mkdtemp(join(tmpdir(), 'countersign-signing-'));
    // The harness made keys of its own.
    await h.asOwner('DELETE FROM requests.key_list');
  });
  afterEach(async () => {
    await h.close();
    await rm(dir, { recursive: true });
  });

  it('are made at the first start, private, and found again at the next', async () => {
    const ring = await open();
    expect(ring.list).toMatchObject({ v: 1, number: 1, keys: [{ purpose: 'decision', to: null, revoked: null }, { purpose: 'log', to: null, revoked: null }] });
    const modes = Object.fromEntries(await Promise.all((await readdir(dir)).map(async (name) => [name.replace(/-.*/, ''), (await stat(join(dir, name))).mode & 0o777] as const)));
    expect(modes).toEqual({ 'root.key': 0o600, 'root.pub': 0o600, decision: 0o600, log: 0o600 });
    const again = await open();
    expect(again.envelope).toBe(ring.envelope);
    expect(readKeyList(again.envelope, ring.root)).toEqual(ring.list);
  });

  it('are the same for two processes that start at once', async () => {
    await new FileKeyStore(dir).rootPublicKey();
    const rings = await Promise.all([open(), open(), open()]);
    expect(new Set(rings.map(({ envelope }) => envelope)).size).toBe(1);
  });

  it('are missed by name where a file is gone, and not replaced in silence', async () => {
    const { list } = await open();
    const [decision] = list.keys;
    await rm(join(dir, `decision-${decision?.id}.key`));
    await expect(open()).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(decision?.id ?? '') });
  });

  it('follow a list that another process published, and sign with its new key', async () => {
    const [one, two] = [await open(), await open()];
    const fresh = await one.create('decision');
    await one.publish(async (list, at) => [...list.keys.map((key) => (key.purpose === 'decision' ? { ...key, to: at } : key)), listed(fresh, 'decision', at)]);
    await two.refresh();
    expect(two.list).toEqual(one.list);
    expect((await two.signer('decision')).keyId).toBe(fresh.keyId);
    await expect(two.accept(one.envelope)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('take no list that the root key did not sign, and none that forgets a key', async () => {
    const ring = await open();
    const next = { ...ring.list, number: 2, at: clock().toISOString() };
    await expect(ring.accept(await sealed(next, aSigner(), KEY_LIST_TYPE))).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'envelope' });
    const root = await new FileKeyStore(dir).root();
    if (!root) throw new Error('no root key');
    await expect(ring.accept(await sealed({ ...next, keys: next.keys.slice(1) }, root, KEY_LIST_TYPE))).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await ring.accept(await sealed(next, root, KEY_LIST_TYPE))).number).toBe(2);
  });

  it('hand out the list to sign where the root key is kept elsewhere', async () => {
    const ring = await open();
    await rm(join(dir, 'root.key'));
    expect(await ring.publish(async (list) => list.keys)).toMatchObject({ outcome: 'toSign', list: { number: 2 } });
    expect(ring.list.number).toBe(1);
    await expect(open()).resolves.toBeDefined();
  });

  it('are refused where the root key is not the pinned one', async () => {
    await open();
    const other = await mkdtemp(join(tmpdir(), 'countersign-signing-'));
    await new FileKeyStore(other).rootPublicKey();
    await writeFile(join(dir, 'root.pub'), await readFile(join(other, 'root.pub')));
    await expect(open()).rejects.toMatchObject({ code: expect.stringMatching(/CONFIG_INVALID|ROOT_MISMATCH/) });
    await rm(other, { recursive: true });
  });

  it('sign what the log holds: a decision, what passed, and the list itself, each once', async () => {
    const id = await h.create();
    const digest = await h.toPlanReview(id);
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', digest);
    await h.records.closeGate({ requestId: id, gate: 'plan', revision: 1, decisionIds: [decisionId ?? ''] });
    await h.keys.enterFor('t1');
    await h.keys.enterFor('t1');
    const { items } = await h.trail.page(h.as('admin'), { id, limit: 200 });
    const signed = items.filter(({ document }) => document !== null);
    expect(signed.map(({ type, text, signature }) => [type, text, signature])).toEqual([
      ['decision', 'approve by gate-off (spec gate, revision 1)', 'valid'],
      ['gate-passed', 'The spec gate passed (revision 1)', 'valid'],
      ['decision', 'approve (plan gate, revision 1)', 'valid'],
      ['gate-passed', 'The plan gate passed (revision 1)', 'valid'],
    ]);
    for (const { document, entry } of signed) {
      const { predicate, subject } = verifyStatementEnvelope(document ?? '', h.keys.list, {});
      expect(JSON.parse(entry)).toMatchObject({ at: predicate.at, request: id, subject: subject[0]?.name });
    }
    const lists = await h.asOwner<{ count: string }>(`SELECT count(*) FROM requests.audit_entry WHERE convert_from(entry, 'UTF8') LIKE '%"type":"keys"%'`);
    expect(lists).toEqual([{ count: '1' }]);
  });

  it('leave the trail readable where somebody changed what is stored, which then says so', async () => {
    const id = await h.create();
    const hit = async (sql: string) => h.asOwner(sql);
    await hit(`UPDATE requests.audit_payload SET payload = 'no json' WHERE sha256 = (SELECT convert_from(entry, 'UTF8')::json->>'payload' FROM requests.audit_entry ORDER BY id LIMIT 1)`);
    await hit(`UPDATE requests.audit_entry SET entry = 'garbage' WHERE id = (SELECT max(id) FROM requests.audit_entry)`);
    const { items } = await h.trail.page(h.as('admin'), { id, limit: 200 });
    expect(items.at(0)).toMatchObject({ text: expect.stringContaining('somebody changed it'), erased: false, document: null });
    expect(items.at(-1)).toMatchObject({ type: 'unreadable', entry: 'garbage', place: null });
  });
});
