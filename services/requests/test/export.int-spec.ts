import { randomBytes } from 'node:crypto';

import { canonicalBytes, sha256Hex } from '@countersign/domain/digest';
import { verifyBundle } from '@countersign/verify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type Harness, harness } from './harness.js';
import { integrityHarness } from './integrity-harness.js';

const MANY = 10_000;
/** So that a small bundle takes several. */
const PIECE = 10_000;

describe('an export', () => {
  let h: Harness;
  let integrity: Awaited<ReturnType<typeof integrityHarness>>;
  let id: string;
  let now = Date.parse('2026-11-21T01:00:00.000Z');
  const clock = () => new Date((now += 10));

  beforeAll(async () => {
    h = await harness();
    integrity = await integrityHarness(h, clock);
    id = await h.create();
    const digest = await h.toPlanReview(id);
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', digest);
    await h.records.closeGate({ requestId: id, gate: 'plan', revision: 1, decisionIds: [decisionId ?? ''] });
    await integrity.integrated();
  }, 60_000);
  afterAll(async () => {
    await integrity.close();
    await h.close();
  });

  const take = async (input: Parameters<typeof integrity.exports.make>[1], person = 'observer'): Promise<string> => {
    const made = await integrity.exports.make(h.as(person), input);
    const pieces: Buffer[] = [];
    for (let offset = 0; offset < made.bytes; offset += PIECE) pieces.push(Buffer.from((await integrity.exports.read(h.as(person), { id: made.id, offset, limit: PIECE })).base64, 'base64'));
    return Buffer.concat(pieces).toString('utf8');
  };

  it('of a request verifies under the pinned root, with every decision and what each was about', async () => {
    const verdict = verifyBundle(await take({ request: id }), { root: h.keys.root });
    expect(verdict).toMatchObject({ result: 'verified', exitCode: 0, origin: 'countersign.test/log/t1/1', erased: [] });
    expect(verdict.decisions.map(({ gate, verdict: said, actor, actorKind }) => [gate, said, actor, actorKind])).toEqual([
      ['spec', 'approve', expect.stringMatching(/^settings:/), 'gate-off'],
      ['plan', 'approve', 'reviewer', 'person'],
    ]);
    expect(verifyBundle(await take({ request: id }))).toMatchObject({ result: 'self-consistent', exitCode: 7 });
  });

  it('of the whole log proves that it continues a checkpoint that was kept', async () => {
    const { note: earlier } = (await integrity.transparency.reader.checkpoint('t1')) ?? { note: '' };
    await h.create();
    await integrity.integrated();
    const text = await take({ earlier });
    expect(verifyBundle(text, { root: h.keys.root, earlierCheckpoint: earlier })).toMatchObject({ exitCode: 0 });
    expect(verifyBundle(await take({}), { root: h.keys.root, earlierCheckpoint: earlier })).toMatchObject({ exitCode: 8, fault: { code: 'EARLIER_CHECKPOINT_MISSING' } });
    await expect(take({ earlier: 'no note' })).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'earlier' });
    await expect(take({ earlier: earlier.replaceAll('/t1/1', '/t2/1') })).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'earlier' });
  });

  it('of a span that begins after the decisions takes along those that a passed gate rests on', async () => {
    const [{ at } = { at: '' }] = await h.asOwner<{ at: string }>(`SELECT convert_from(entry, 'UTF8')::json->>'at' AS at FROM requests.audit_entry
      WHERE convert_from(entry, 'UTF8') LIKE '%/plan/1"%"type":"gate-passed"%' LIMIT 1`);
    const verdict = verifyBundle(await take({ from: at, to: new Date(Date.parse(at) + 1).toISOString() }), { root: h.keys.root });
    expect(verdict).toMatchObject({ exitCode: 0, decisions: [{ gate: 'plan', actor: 'reviewer' }] });
  });

  it('of ten thousand entries is made and verified within a few seconds', async () => {
    const made = Array.from({ length: MANY }, (_, at) => {
      const payload = canonicalBytes({ salt: randomBytes(16).toString('hex'), text: `entry ${at}` });
      const sha256 = sha256Hex(payload);
      return { payload, sha256, entry: canonicalBytes({ v: 1, tenant: 't1', type: 'comment', at: clock().toISOString(), actor: 'reviewer', payload: sha256 }) };
    });
    await h.asOwner('INSERT INTO requests.audit_payload (tenant_id, sha256, payload) SELECT $1, * FROM unnest($2::text[], $3::bytea[])', ['t1', made.map(({ sha256 }) => sha256), made.map(({ payload }) => payload)]);
    await h.asOwner('INSERT INTO requests.audit_entry (tenant_id, entry) SELECT $1, * FROM unnest($2::bytea[])', ['t1', made.map(({ entry }) => entry)]);
    await integrity.integrated();
    const begun = performance.now();
    const text = await take({});
    const exported = performance.now();
    const verdict = verifyBundle(text, { root: h.keys.root });
    const verified = performance.now();
    process.stdout.write(`${verdict.entries} entries (${(text.length / 1e6).toFixed(1)} MB): exported in ${(exported - begun).toFixed(0)} ms, verified in ${(verified - exported).toFixed(0)} ms\n`);
    expect([verdict.exitCode, verdict.entries > MANY]).toEqual([0, true]);
    // Thrice what is aimed at: other suites run beside it.
    expect(verified - begun).toBeLessThan(15_000);
  }, 60_000);

  it('does not verify where somebody changed an entry, and is made all the same', async () => {
    const other = await h.create();
    await integrity.integrated();
    const { index = -1 } = (await integrity.transparency.reader.leaves('t1', { requestId: other })).at(-1) ?? {};
    await h.asOwner(`UPDATE log.leaf SET entry = convert_to(replace(convert_from(entry, 'UTF8'), '"t1"', '"t2"'), 'UTF8') WHERE "index" = $1`, [index]);
    const verdict = verifyBundle(await take({ request: other }), { root: h.keys.root });
    expect(verdict).toMatchObject({ exitCode: 8, fault: { code: 'ENTRY_NOT_IN_LOG', where: `entry ${index}` } });
    expect(await integrity.transparency.reader.status('t1')).toMatchObject({ broken: { index } });
  });

  it('is for those who may read the trail, and its file for whoever asked', async () => {
    const made = await integrity.exports.make(h.as('observer'), { request: id });
    await expect(integrity.exports.read(h.as('reviewer'), { id: made.id, offset: 0, limit: 10 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    h.suspend('observer');
    await expect(integrity.exports.make(h.as('observer'), {})).rejects.toMatchObject({ code: 'ACTOR_INACTIVE' });
    await expect(integrity.exports.make(h.as('reviewer'), { request: 'nobody' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
