import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sha256Hex } from '@countersign/domain/digest';
import { verifyStatementEnvelope } from '@countersign/verify';

import { aProject } from '../src/testing/projects.fake.js';
import { FACTS, type Harness, harness } from './harness.js';

describe('gates', () => {
  let h: Harness;
  let id: string;
  beforeEach(async () => {
    h = await harness();
    id = await h.create();
  });
  afterEach(() => h.close());

  const close = async (gate: 'plan' | 'diff', revision: number, ids: readonly (string | null)[]) =>
    h.records.closeGate({ requestId: id, gate, revision, decisionIds: ids.map((one) => one ?? '') });
  const gateView = async (name: string, person = 'reviewer') => (await h.requests.get(h.as(person), id)).gates.find((gate) => gate.name === name);
  /** What the entries of a type say, oldest first. */
  const entered = async (type: string): Promise<readonly Record<string, unknown>[]> => {
    const rows = await h.asOwner<{ entry: Buffer; payload: Buffer }>(
      `SELECT e.entry, p.payload FROM requests.audit_entry e JOIN requests.audit_payload p ON convert_from(e.entry, 'UTF8')::jsonb->>'payload' = p.sha256
       WHERE e.request_id = $1 ORDER BY e.id`,
      [id],
    );
    return rows.filter(({ entry }) => (JSON.parse(entry.toString()) as { type: string }).type === type).map(({ payload }) => JSON.parse(payload.toString()) as Record<string, unknown>);
  };
  const toChecked = async (): Promise<void> => {
    const digest = await h.toPlanReview(id);
    await close('plan', 1, [(await h.vote(id, 'reviewer', 'plan', digest)).decisionId]);
    await h.put(id, 'execution', FACTS.execution);
    await h.records.transition({ requestId: id, moves: ['CHECKING'] });
    await h.put(id, 'checks', FACTS.checks);
    await h.put(id, 'measure', FACTS.measure);
  };

  it('passes a gate that is off by a recorded decision naming the settings version', async () => {
    await h.put(id, 'spec', FACTS.spec);
    expect(await h.open(id, 'spec')).toMatchObject({ outcome: 'passed', revision: 1, state: 'PLANNING' });
    expect(await gateView('spec')).toMatchObject({ state: 'passed', setting: 'off', decisions: [{ actorKind: 'gate-off', status: 'counted' }] });
  });

  it('passes the plan with verified votes, queues and starts in one transaction, and says so to the effect', async () => {
    const digest = await h.toPlanReview(id);
    expect(await gateView('plan')).toMatchObject({ state: 'open', mayDecide: true, approvals: 0, required: 1 });
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', digest);
    expect(await close('plan', 1, [decisionId])).toEqual({ outcome: 'passed', state: 'EXECUTING' });
    const planOf = async () => (await h.activities.evidence({ requestId: id, run: h.owner.run })).gates.find(({ gate }) => gate === 'plan');
    const evidence = await planOf();
    expect(evidence).toMatchObject({ digest, required: 1, decisions: [{ id: decisionId, live: true, standing: { active: true, roles: ['reviewer'] } }] });
    const signed = verifyStatementEnvelope(evidence?.passed?.envelope ?? '', h.keys.list, {});
    expect(signed).toMatchObject({ predicate: { gate: 'plan', revision: 1, decisions: [sha256Hex(evidence?.decisions[0]?.envelope ?? '')] }, subject: [{ digest: { sha256: digest } }] });
    h.suspend('reviewer');
    expect(await planOf()).toMatchObject({ decisions: [{ live: true, standing: { active: false } }] });
    expect(await h.activities.briefing({ requestId: id, run: h.owner.run })).toMatchObject({ approvedBy: ['reviewer'], mergeVote: null });
  });

  it('drops and audits a voter who was suspended meanwhile, and a vote that nobody stored', async () => {
    const digest = await h.toPlanReview(id);
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', digest);
    h.suspend('reviewer');
    const closed = await close('plan', 1, [decisionId, 'forged']);
    expect(closed).toMatchObject({ outcome: 'open', dropped: ['forged', decisionId] });
    const types = (await h.trail.page(h.as('admin'), { id, limit: 200 })).items.filter(({ type }) => type === 'vote-dropped');
    expect(types).toHaveLength(2);
    expect((await gateView('plan', 'observer'))?.decisions).toMatchObject([{ status: 'dropped', code: 'ACTOR_INACTIVE' }]);
    const again = await h.vote(id, 'second', 'plan', digest);
    expect(await close('plan', 1, [again.decisionId])).toMatchObject({ outcome: 'passed' });
  });

  it('drops a vote whose stored bytes were changed', async () => {
    const digest = await h.toPlanReview(id);
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', digest, 'reject');
    await h.asOwner(`UPDATE requests.decision SET verdict = 'approve' WHERE id = $1`, [decisionId]);
    expect(await close('plan', 1, [decisionId])).toMatchObject({ outcome: 'open', dropped: [decisionId] });
    expect((await gateView('plan'))?.decisions).toMatchObject([{ code: 'VOTE_MISMATCH' }]);
  });

  it('needs distinct people for a quorum of two and says at once when nobody can meet it', async () => {
    h.setSettings({ approvalsRequired: 2 });
    const digest = await h.toPlanReview(id);
    const first = await h.vote(id, 'reviewer', 'plan', digest);
    expect(await close('plan', 1, [first.decisionId, first.decisionId])).toMatchObject({ outcome: 'open' });
    const second = await h.vote(id, 'second', 'plan', digest);
    expect(await close('plan', 1, [second.decisionId])).toMatchObject({ outcome: 'passed' });

    for (const name of ['reviewer', 'second', 'maintainer', 'admin']) h.suspend(name);
    h.setSettings({ approvalsRequired: 1 });
    const other = await h.create();
    await h.toPlanReview(other);
    const { waitingFor } = await h.requests.get(h.as('observer'), other);
    expect(waitingFor).toBe('Needs 1 approval from reviewer, maintainer or admin; nobody but the requester holds that role');
  });

  it('consumes votes when changes are asked for and tells the reason as feedback', async () => {
    const digest = await h.toPlanReview(id);
    await h.vote(id, 'second', 'plan', digest);
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', digest, 'request-changes');
    const closed = await close('plan', 1, [decisionId]);
    expect(closed).toEqual({ outcome: 'changes', feedbackId: decisionId, state: 'PLANNING', attemptsLeft: true });
    expect(await h.activities.feedback({ requestId: id, run: h.owner.run, ids: [decisionId ?? ''] })).toEqual(['because']);
    // The same plan again keeps its number, and nobody's earlier vote.
    expect(await h.open(id, 'plan')).toMatchObject({ outcome: 'open', revision: 1, approvals: 0 });
    await h.put(id, 'plan', { ...FACTS.plan, baseCommit: 'd'.repeat(40) }, 'plan-2');
    expect(await h.open(id, 'plan')).toMatchObject({ revision: 2 });
  });

  it('ends the request with a verified reject', async () => {
    const digest = await h.toPlanReview(id);
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', digest, 'reject');
    expect(await close('plan', 1, [decisionId])).toEqual({ outcome: 'rejected' });
    await h.records.finish({ requestId: id, state: 'REJECTED' });
    expect(await h.requests.get(h.as('reviewer'), id)).toMatchObject({ state: 'REJECTED', outcome: { message: 'because' } });
  });

  it('keeps the number and the votes of an identical document that opens again', async () => {
    h.setSettings({ approvalsRequired: 2 });
    const digest = await h.toPlanReview(id);
    const first = await h.vote(id, 'reviewer', 'plan', digest);
    const second = await h.vote(id, 'second', 'plan', digest);
    await close('plan', 1, [first.decisionId, second.decisionId]);
    h.suspend('second');
    expect(await h.open(id, 'plan', { code: 'QUORUM_MISSING' })).toMatchObject({ outcome: 'open', revision: 1, digest, approvals: 1, required: 1 });
    expect((await gateView('plan'))?.account).toBe('Opened again: The approvals do not hold any more: second was suspended (QUORUM_MISSING).');
    expect(await entered('drift')).toMatchObject([{ code: 'QUORUM_MISSING', lost: [{ person: 'second', code: 'ACTOR_INACTIVE' }] }]);
    const third = await h.vote(id, 'maintainer', 'plan', digest);
    // The lifecycle names the new vote only; the earlier one still holds.
    expect(await close('plan', 1, [third.decisionId])).toMatchObject({ outcome: 'passed' });
  });

  it('passes by policy with a deciding rule only, and never with failing checks or an engine error', async () => {
    await toChecked();
    h.projects.verdict = { effect: 'error', policyIds: ['x'], policyVersion: 'policy-1', reasons: ['engine broke'] };
    expect(await h.open(id, 'diff')).toMatchObject({ outcome: 'open' });
    expect((await gateView('diff'))?.account).toContain('engine failed');
    h.projects.verdict = { effect: 'allow', policyIds: [], policyVersion: 'policy-1', reasons: [] };
    expect(await h.open(id, 'diff')).toMatchObject({ outcome: 'open' });
    h.projects.verdict = { effect: 'allow', policyIds: ['small'], policyVersion: 'policy-1', reasons: [] };
    expect(await h.open(id, 'diff')).toEqual({ outcome: 'passed', revision: 1, state: 'PUBLISHING' });
    expect((await gateView('diff'))?.decisions).toMatchObject([{ actorKind: 'policy', policyIds: ['small'] }]);
    await h.put(id, 'checks', { ...FACTS.checks, verdict: 'failed' }, 'checks-2');
    expect(await h.open(id, 'diff', { code: 'STALE_DIGEST' })).toMatchObject({ outcome: 'open', revision: 2 });
    const [drift] = await entered('drift');
    expect(drift).toMatchObject({ code: 'STALE_DIGEST', before: { checksDigest: expect.any(String) }, after: { checksDigest: expect.any(String) } });
    expect((await gateView('diff'))?.account).toMatch(/^Opened again: What was approved is not what is at hand any more: checks [0-9a-f]{12} then, [0-9a-f]{12} now \(STALE_DIGEST\)\. Checks fail/);
  });

  it('says which policies passed what opens again because they changed', async () => {
    await toChecked();
    h.projects.verdict = { effect: 'allow', policyIds: ['small'], policyVersion: 'policy-1', reasons: [] };
    await h.open(id, 'diff');
    h.projects.setProject(aProject({ policyVersion: 'policy-2' }));
    h.projects.verdict = { effect: 'deny', policyIds: ['frozen'], policyVersion: 'policy-2', reasons: ['Not this week'] };
    expect(await h.open(id, 'diff', { code: 'POLICY_CHANGED' })).toMatchObject({ outcome: 'open', revision: 1, approvals: 0 });
    const account = 'Opened again: The policies changed since it passed: policy version policy-1 then, policy-2 now (POLICY_CHANGED). Policy does not pass it: Not this week';
    expect((await gateView('diff'))?.account).toBe(account);
    expect(await entered('drift')).toMatchObject([{ code: 'POLICY_CHANGED', before: { policyVersion: 'policy-1' }, after: { policyVersion: 'policy-2' }, lost: [] }]);
    expect((await entered('gate-opened')).at(-1)).toMatchObject({ code: 'POLICY_DENIED' });
  });

  it('refuses forward moves out of a review state but for a closed gate', async () => {
    await h.toPlanReview(id);
    for (const moves of [['QUEUED'], ['PLANNING'], ['QUEUED', 'EXECUTING']] as const) {
      await expect(h.records.transition({ requestId: id, moves })).rejects.toMatchObject({ code: 'ILLEGAL_MOVE' });
    }
    const refused = { code: 'ILLEGAL_MOVE', state: 'PLAN_REVIEW', workflowId: `request-${id}`, runId: 'run-1' };
    expect(await entered('call-refused')).toMatchObject([
      { ...refused, text: 'A call of the lifecycle was refused: Only a closed gate leads from PLAN_REVIEW to QUEUED' },
      { ...refused, text: 'A call of the lifecycle was refused: Only a closed gate leads from PLAN_REVIEW to PLANNING' },
      refused,
    ]);
  });

  it('sends a reviewed change back to work where a newer measurement says so', async () => {
    await toChecked();
    await h.open(id, 'diff');
    await expect(h.records.transition({ requestId: id, moves: ['QUEUED'] })).rejects.toMatchObject({ code: 'ILLEGAL_MOVE' });
    await h.put(id, 'checks', { ...FACTS.checks, verdict: 'failed' }, 'checks-2');
    expect(await h.records.transition({ requestId: id, moves: ['QUEUED'] })).toEqual({ state: 'QUEUED' });
    expect(await gateView('diff')).toMatchObject({ state: 'waiting', mayDecide: false, whyNot: 'gate is not open' });
  });
});
