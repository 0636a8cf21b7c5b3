import { verifyBundle } from '@countersign/verify';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { aPerson } from '../src/testing/projects.fake.js';
import { type Harness, harness } from './harness.js';
import { integrityHarness } from './integrity-harness.js';

/** Nothing that a machine writes holds these. */
const NAME = 'Augusta Ada King';
const SUBJECT = 'ada@lovelace.example';
const REASON = 'the analytical engine weaves patterns';
const COMMENT = 'as the loom weaves flowers';

let h: Harness;
let integrity: Awaited<ReturnType<typeof integrityHarness>>;
let id: string;

beforeEach(async () => {
  h = await harness();
  integrity = await integrityHarness(h);
  h.projects.add(aPerson('ada', { name: NAME, subject: SUBJECT }));
  id = await h.create();
});
afterEach(async () => {
  await integrity.close();
  await h.close();
});

const ada = (over = {}) => h.as(SUBJECT, over);
const decide = (digest: string, verdict: 'approve' | 'reject' | 'request-changes', requestId = id) =>
  h.decisions.decide(ada(), { id: requestId, gate: 'plan', digest, verdict, reason: verdict === 'approve' ? null : REASON });
const close = (decisionId: string | null, requestId = id, revision = 1) =>
  h.records.closeGate({ requestId, gate: 'plan', revision, decisionIds: [decisionId ?? ''] });
const suspend = () => h.suspend('ada');
const erase = (person = 'ada') => integrity.erasures.erase(h.as('admin'), { person });

/** Every row of the service as text, its bytes read as text. */
async function everywhere(): Promise<readonly string[]> {
  const tables = await h.asOwner<{ name: string }>(`SELECT relname AS name FROM pg_class WHERE relnamespace = 'requests'::regnamespace AND relkind = 'r'`);
  const texts: string[] = [];
  for (const { name } of tables) {
    const what = name === 'audit_payload' ? `convert_from(payload, 'UTF8')` : name === 'audit_entry' ? `convert_from(entry, 'UTF8')` : 't::text';
    texts.push(...(await h.asOwner<{ text: string }>(`SELECT ${what} AS text FROM requests.${name} t`)).map(({ text }) => `${name}: ${text}`));
  }
  return texts;
}
/** Also within envelopes, whose payload is base64. */
const opened = (text: string): string =>
  text.replace(/"payload":"([A-Za-z0-9+/=]{100,})"/g, (_whole, base64: string) => Buffer.from(base64, 'base64').toString('utf8'));
const traces = async (): Promise<readonly string[]> =>
  (await everywhere()).filter((text) => [NAME, SUBJECT, REASON, COMMENT].some((said) => opened(text).includes(said)));

async function exported(): Promise<string> {
  await integrity.integrated();
  const made = await integrity.exports.make(h.as('observer'), {});
  return Buffer.from((await integrity.exports.read(h.as('observer'), { id: made.id, offset: 0, limit: 1_000_000 })).base64, 'base64').toString('utf8');
}
const entries = () => h.asOwner<{ entry: string }>(`SELECT convert_from(entry, 'UTF8') AS entry FROM requests.audit_entry WHERE tenant_id = 't1' ORDER BY id`);

describe('erasing a person', () => {
  it('leaves no trace of who they were or what they said, and the export verifies with the erased entries listed', async () => {
    const theirs = await h.requests.create(ada(), { project: 'sample', title: 'Rename a', body: 'rename a to b', key: 'k1' });
    h.actAs(theirs.id);
    await h.records.begin({ requestId: theirs.id });
    await h.words.word(ada(), { id: theirs.id, kind: 'pause', text: REASON, limits: null, digest: null });
    await h.records.finish({ requestId: theirs.id, state: 'CANCELLED' });
    h.actAs(id);
    const digest = await h.toPlanReview(id);
    await h.words.word(ada(), { id, kind: 'comment', text: COMMENT, limits: null, digest: null, key: 'k2' });
    await decide(digest, 'approve');
    const { decisionId } = await decide(digest, 'reject');
    await close(decisionId);
    expect((await traces()).map((text) => text.split(':')[0])).toEqual(expect.arrayContaining(['request', 'request_event', 'decision', 'word', 'outbox', 'audit_payload']));
    const before = { text: await exported(), entries: await entries() };
    expect(verifyBundle(before.text, { root: h.keys.root })).toMatchObject({ exitCode: 0, erased: [] });
    suspend();

    const made = await erase();
    expect(made).toMatchObject({ person: 'ada', notErased: expect.arrayContaining([expect.stringContaining('merge commits and in artifacts')]) });
    expect(await traces()).toEqual([]);
    expect((await entries()).slice(0, before.entries.length)).toEqual(before.entries);
    const text = await exported();
    const verdict = verifyBundle(text, { root: h.keys.root, earlierCheckpoint: (JSON.parse(before.text) as { checkpoint: string }).checkpoint });
    expect(verdict.fault?.code).toBe('EARLIER_CHECKPOINT_MISSING');
    const plain = verifyBundle(text, { root: h.keys.root });
    expect([plain.exitCode, plain.erased.length]).toEqual([0, made.payloads]);
    expect(plain.notes.join()).toContain(`Payload erased in ${made.payloads} of ${plain.entries} entries`);
    expect(opened(Buffer.from(text).toString())).not.toContain(REASON);
  });

  it('keeps what others said, and shows in the trail and the request that something was erased', async () => {
    const digest = await h.toPlanReview(id);
    await h.words.word(ada(), { id, kind: 'comment', text: COMMENT, limits: null, digest: null });
    await h.words.word(h.as('second'), { id, kind: 'comment', text: 'mine stays', limits: null, digest: null });
    const { decisionId } = await decide(digest, 'reject');
    await close(decisionId);
    suspend();
    const { payloads } = await erase();
    const { items } = await h.trail.page(h.as('observer'), { id, limit: 100 });
    expect(items.filter(({ erased }) => erased)).toHaveLength(payloads);
    expect(items.filter(({ erased }) => erased).every(({ text, document, signature }) => text === '(erased)' && document === null && signature === null)).toBe(true);
    const detail = await h.requests.get(h.as('observer'), id);
    expect(detail.comments.map(({ author, text }) => [author, text])).toEqual([['erased person', '(erased)'], ['second', 'mine stays']]);
    expect(detail.outcome?.message).toBe('(erased)');
    expect(detail.gates.flatMap(({ decisions }) => decisions).filter(({ actorKind }) => actorKind === 'person')).toMatchObject([{ actor: 'erased person', verdict: 'reject', reason: '(erased)', status: 'counted' }]);
    expect(detail.state).toBe('REJECTED');
  });

  it('takes the name out of the account of a gate that passed, and leaves the signed statement', async () => {
    const digest = await h.toPlanReview(id);
    const { decisionId } = await decide(digest, 'approve');
    await close(decisionId);
    await h.records.finish({ requestId: id, state: 'CANCELLED' });
    suspend();
    await erase();
    const [passed] = await h.asOwner<{ text: string }>(`SELECT text FROM requests.request_event WHERE type = 'gate-passed' AND data ->> 'gate' = 'plan'`);
    expect(passed?.text).toBe('The plan gate passed: revision 1');
    const verdict = verifyBundle(await exported(), { root: h.keys.root });
    expect([verdict.exitCode, verdict.notes.join().includes('was not judged')]).toEqual([0, true]);
  });

  it('finds nothing the second time, and is recorded once with the ids of both and how much it was', async () => {
    await h.words.word(ada(), { id, kind: 'comment', text: COMMENT, limits: null, digest: null });
    suspend();
    const first = await erase();
    const after = await entries();
    expect(await erase()).toMatchObject({ payloads: 0, texts: 0 });
    expect(await entries()).toEqual(after);
    const [account] = await h.asOwner<{ payload: string }>(
      `SELECT convert_from(p.payload, 'UTF8') AS payload FROM requests.audit_payload p JOIN requests.audit_entry e ON position(convert_to(p.sha256, 'UTF8') IN e.entry) > 0
        WHERE position('"type":"erasure"'::bytea IN e.entry) > 0`,
    );
    expect(JSON.parse(account?.payload ?? '')).toMatchObject({ person: 'ada', payloads: first.payloads, texts: first.texts });
    expect(JSON.parse(after.at(-1)?.entry ?? '')).toMatchObject({ type: 'erasure', actor: 'admin', subject: 'person/ada' });
  });

  it('reaches no other tenant', async () => {
    h.projects.add(aPerson('foreign-admin', { tenantId: 't2', grants: [{ role: 'admin', project: '*' }] }));
    await h.words.word(ada(), { id, kind: 'comment', text: COMMENT, limits: null, digest: null });
    suspend();
    await expect(integrity.erasures.erase(h.as('foreign-admin'), { person: 'ada' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await traces()).not.toEqual([]);
  });
});

describe('an erasure is refused', () => {
  const unchanged = async (attempt: () => Promise<unknown>, code: string) => {
    // The log enters the list of keys by itself.
    await integrity.integrated();
    const before = await everywhere();
    await expect(attempt()).rejects.toMatchObject({ code });
    const after = await everywhere();
    return after.filter((text) => !before.includes(text));
  };

  it('while a vote of theirs counts on a request that has not ended, and says on which', async () => {
    const { decisionId } = await decide(await h.toPlanReview(id), 'approve');
    suspend();
    const added = await unchanged(() => erase(), 'ERASURE_TOO_EARLY');
    expect(added.map((text) => text.split(':')[0]).sort()).toEqual(['audit_entry', 'audit_payload']);
    expect(added.join()).toContain(id);
    await expect(erase()).rejects.toMatchObject({ details: { requests: [id] } });
    // It stays live when the gate has passed: whoever pushes and merges judges it anew.
    h.projects.add(aPerson('ada', { name: NAME, subject: SUBJECT }));
    await close(decisionId);
    suspend();
    await expect(erase()).rejects.toMatchObject({ code: 'ERASURE_TOO_EARLY' });
    await h.records.finish({ requestId: id, state: 'CANCELLED' });
    await expect(erase()).resolves.toMatchObject({ person: 'ada' });
    expect(await traces()).toEqual([]);
  });

  it('while a request of their own has not ended', async () => {
    await h.requests.create(ada(), { project: 'sample', title: 'Rename a', body: 'b' });
    suspend();
    await unchanged(() => erase(), 'ERASURE_TOO_EARLY');
  });

  it('but not for a vote that stopped counting: what it asked for goes on without its words', async () => {
    const digest = await h.toPlanReview(id);
    const { decisionId } = await decide(digest, 'request-changes');
    await close(decisionId);
    suspend();
    await erase();
    expect(await traces()).toEqual([]);
    expect(await h.activities.feedback({ requestId: id, run: h.owner.run, ids: [decisionId ?? ''] })).toEqual(['(erased)']);
    await h.put(id, 'plan', h.anotherPlan(), 'plan-2');
    expect(await h.open(id, 'plan')).toMatchObject({ outcome: 'open', revision: 2 });
  });

  it('by services/projects for people who may still act, and nothing is touched', async () => {
    await h.words.word(ada(), { id, kind: 'comment', text: COMMENT, limits: null, digest: null });
    expect(await unchanged(() => erase(), 'PERSON_NOT_SUSPENDED')).toEqual([]);
  });
});
