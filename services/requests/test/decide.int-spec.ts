import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sha256Hex, updateIdOf } from '@countersign/domain/digest';
import { verifyStatementEnvelope } from '@countersign/verify';

import { type Harness, harness } from './harness.js';

const OTHER = 'f'.repeat(64);

describe('requests.decide', () => {
  let h: Harness;
  let id: string;
  let digest: string;
  beforeEach(async () => {
    h = await harness();
    id = await h.create();
    digest = await h.toPlanReview(id);
  });
  afterEach(() => h.close());

  const decisions = () => h.store.read.decisions.all(id).then((all) => all.filter(({ gate }) => gate === 'plan'));
  const auditTypes = async () => (await h.trail.page(h.as('admin'), { id, limit: 200 })).items.map(({ type }) => type);

  it('stores the envelope before it is sent, with an update id made of its bytes', async () => {
    const answer = await h.vote(id, 'reviewer', 'plan', digest);
    expect(answer).toMatchObject({ outcome: 'recorded', code: null, state: 'PLAN_REVIEW' });
    const [stored] = await decisions();
    const { predicate, subject } = verifyStatementEnvelope(stored?.envelope ?? '', h.keys.list, {});
    expect(subject).toEqual([{ name: `request/${id}/plan/1`, digest: { sha256: digest } }]);
    expect(predicate).toMatchObject({ verdict: 'approve', roles: ['reviewer'], channel: 'console', actor: { id: 'reviewer' }, reasonSha256: null });
    expect(h.lifecycle.updates).toMatchObject([{ name: 'decide', updateId: updateIdOf(stored?.envelope ?? ''), args: { envelope: stored?.envelope } }]);
    expect(sha256Hex((await h.documents.subject(h.as('observer'), { id, gate: 'plan' })).text)).toBe(digest);
  });

  it('answers a double click as before and sends one vote', async () => {
    const [one, two] = await Promise.all([h.vote(id, 'reviewer', 'plan', digest), h.vote(id, 'reviewer', 'plan', digest)]);
    expect(one?.decisionId).toBe(two?.decisionId);
    expect(await decisions()).toHaveLength(1);
    expect(new Set(h.lifecycle.updates.map(({ updateId }) => updateId)).size).toBe(1);
  });

  it('replaces a vote by the same person and keeps both rows', async () => {
    await h.vote(id, 'reviewer', 'plan', digest);
    expect(await h.vote(id, 'reviewer', 'plan', digest, 'reject')).toMatchObject({ outcome: 'recorded' });
    expect((await decisions()).map(({ verdict, live }) => [verdict, live])).toEqual([['approve', false], ['reject', true]]);
  });

  it('refuses and audits: own request, stale digest, closed gate, missing role, no reason', async () => {
    expect(await h.vote(id, 'requester', 'plan', digest)).toMatchObject({ outcome: 'refused', code: 'OWN_REQUEST' });
    expect(await h.vote(id, 'reviewer', 'plan', OTHER)).toMatchObject({ outcome: 'refused', code: 'STALE_DIGEST' });
    expect(await h.vote(id, 'reviewer', 'merge', digest)).toMatchObject({ outcome: 'refused', code: 'GATE_CLOSED' });
    await expect(h.vote(id, 'observer', 'plan', digest)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(
      h.decisions.decide(h.as('reviewer'), { id, gate: 'plan', digest, verdict: 'reject', reason: ' ' }),
    ).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'reason' });
    expect((await auditTypes()).filter((type) => type === 'decision-refused')).toHaveLength(4);
    expect(await decisions()).toHaveLength(0);
  });

  it('lets the requester decide where the project says so', async () => {
    h.setSettings({ requesterMayApprove: true });
    expect(await h.vote(id, 'requester', 'plan', digest)).toMatchObject({ outcome: 'recorded' });
  });

  it('refuses a digest of an older revision as stale and marks its votes outdated', async () => {
    await h.vote(id, 'reviewer', 'plan', digest);
    h.projects.setProject({ ...h.projects.all[0]!, policyVersion: 'policy-2' });
    const opened = await h.open(id, 'plan');
    expect(opened).toMatchObject({ outcome: 'open', revision: 2, approvals: 0 });
    expect(await h.vote(id, 'second', 'plan', digest)).toMatchObject({ code: 'STALE_REVISION' });
    expect((await decisions()).map(({ live, code }) => [live, code])).toEqual([[false, 'STALE_REVISION']]);
  });

  it('answers pending on a timeout and sends the same update again until it is taken', async () => {
    h.lifecycle.answer = () => ({ kind: 'pending' });
    expect(await h.vote(id, 'reviewer', 'plan', digest)).toMatchObject({ outcome: 'pending' });
    h.lifecycle.failure = new Error('engine away');
    h.advance(60_000);
    await h.outbox.drain();
    h.lifecycle.failure = undefined;
    h.lifecycle.answer = () => ({ kind: 'recorded' });
    h.advance(60_000);
    await h.outbox.drain();
    expect((await decisions())[0]).toMatchObject({ delivered: true, live: true });
    expect(h.lifecycle.updates).toHaveLength(2);
    expect(new Set(h.lifecycle.updates.map(({ updateId }) => updateId)).size).toBe(1);
    expect((await h.store.read.outbox.undelivered(id)).filter(({ kind }) => kind === 'decide')).toEqual([]);
  });

  it('drops and audits what the lifecycle refuses, and the person may vote again', async () => {
    h.lifecycle.answer = () => ({ kind: 'refused', code: 'UPDATE_MALFORMED', message: '' });
    expect(await h.vote(id, 'reviewer', 'plan', digest)).toMatchObject({ outcome: 'refused', code: 'UPDATE_MALFORMED' });
    h.lifecycle.answer = () => ({ kind: 'recorded' });
    expect(await h.vote(id, 'reviewer', 'plan', digest)).toMatchObject({ outcome: 'recorded' });
    expect((await decisions()).map(({ status }) => status)).toEqual(['dropped', 'recorded']);
    expect(await auditTypes()).toContain('vote-refused');
  });

  it('keeps a vote that reached the lifecycle before it knew of the open gate', async () => {
    h.lifecycle.answer = () => ({ kind: 'refused', code: 'GATE_CLOSED', message: '' });
    expect(await h.vote(id, 'reviewer', 'plan', digest)).toMatchObject({ outcome: 'pending' });
    h.lifecycle.answer = () => ({ kind: 'recorded' });
    h.advance(60_000);
    await h.outbox.drain();
    expect((await decisions())[0]).toMatchObject({ delivered: true });
  });

  it('says that the request ended where no run is open any more', async () => {
    h.lifecycle.answer = async () => {
      await h.records.finish({ requestId: id, state: 'CANCELLED' });
      return { kind: 'notFound' };
    };
    const first = await h.vote(id, 'reviewer', 'plan', digest);
    h.advance(60_000);
    await h.outbox.drain();
    expect(first.outcome).toBe('pending');
    expect((await decisions())[0]).toMatchObject({ status: 'dropped', code: 'REQUEST_ENDED' });
    expect(await h.vote(id, 'second', 'plan', digest)).toMatchObject({ code: 'REQUEST_ENDED' });
  });
});
