import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { FACTS, type Harness, harness } from './harness.js';

describe('the lifecycle in the records', () => {
  let h: Harness;
  beforeEach(async () => {
    h = await harness({ maxExecutions: 1 });
  });
  afterEach(() => h.close());

  const state = async (id: string) => (await h.store.read.requests.find(id))?.state;
  const toExecution = async (): Promise<string> => {
    const id = await h.create();
    const digest = await h.toPlanReview(id);
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', digest);
    await h.records.closeGate({ requestId: id, gate: 'plan', revision: 1, decisionIds: [decisionId ?? ''] });
    return id;
  };
  const auditTypes = async (id: string) => (await h.trail.page(h.as('admin'), { id, limit: 200 })).items.map(({ type }) => type);

  it('starts through the outbox, also when the engine was away', async () => {
    h.lifecycle.failure = new Error('away');
    const { id } = await h.requests.create(h.as('requester'), { project: 'sample', title: 'x', body: '' });
    await h.outbox.drain();
    h.lifecycle.failure = undefined;
    h.advance(60_000);
    await h.outbox.drain();
    expect(id).toMatch(/^[0-9abcdefghjkmnpqrstvwxyz]{12}$/);
    expect(h.lifecycle.started).toMatchObject([{ requestId: id, project: 'sample', requester: 'requester', state: 'RECEIVED', carry: null }]);
  });

  it('adopts the first run and one that Temporal says was continued, and no other', async () => {
    const id = await h.create();
    h.actAs(id, 'rogue');
    await expect(h.records.begin({ requestId: id })).rejects.toMatchObject({ code: 'RUN_SUPERSEDED' });
    await expect(h.records.transition({ requestId: id, moves: ['FAILED'] })).rejects.toMatchObject({ code: 'RUN_SUPERSEDED' });
    await expect(h.put(id, 'spec', FACTS.spec)).rejects.toMatchObject({ code: 'RUN_SUPERSEDED' });
    await expect(h.activities.evidence({ requestId: id, run: h.owner.run })).rejects.toMatchObject({ code: 'RUN_SUPERSEDED' });
    h.owner.run = { workflowId: 'request-other', runId: 'run-1' };
    await expect(h.records.begin({ requestId: id })).rejects.toMatchObject({ code: 'RUN_SUPERSEDED' });
    expect((await auditTypes(id)).filter((type) => type === 'run-superseded')).toHaveLength(5);

    h.lifecycle.continued.set('run-2', 'run-1');
    h.actAs(id, 'run-2');
    expect(await h.records.begin({ requestId: id })).toMatchObject({ state: 'SPECIFYING', settings: { requester: 'requester', maxFixAttempts: 2 } });
    h.actAs(id, 'run-1');
    await expect(h.records.noteWaiting({ requestId: id, waitingFor: 'x' })).rejects.toMatchObject({ code: 'RUN_SUPERSEDED' });
  });

  it('answers a retried activity as before and changes nothing more', async () => {
    const id = await toExecution();
    h.owner.key = 'run-1/seven';
    await h.records.transition({ requestId: id, moves: ['CHECKING'] });
    h.owner.key = 'run-1/eight';
    await h.records.transition({ requestId: id, moves: ['EXECUTING'] });
    h.owner.key = 'run-1/seven';
    expect(await h.records.transition({ requestId: id, moves: ['CHECKING'] })).toEqual({ state: 'CHECKING' });
    h.owner.key = null;
    expect(await state(id)).toBe('EXECUTING');
    await expect(h.records.transition({ requestId: id, moves: ['MERGING'] })).rejects.toMatchObject({ code: 'ILLEGAL_MOVE' });
  });

  it('grants slots in order of entering and frees them with the move or the pause that leaves', async () => {
    const first = await toExecution();
    const second = await toExecution();
    const third = await toExecution();
    expect([await state(first), await state(second), await state(third)]).toEqual(['EXECUTING', 'QUEUED', 'QUEUED']);
    h.actAs(third);
    expect(await h.records.acquireSlot({ requestId: third })).toEqual({ granted: false, place: 2 });
    expect((await h.requests.get(h.as('observer'), third)).waitingFor).toBe('Waits for an execution slot: place 2');

    h.actAs(first);
    await h.records.pauseForBudget({ requestId: first, exceeded: 'attempts' });
    await h.outbox.drain();
    expect(h.lifecycle.signals).toEqual([{ requestId: second, name: 'slotFree' }]);
    h.actAs(third);
    expect(await h.records.acquireSlot({ requestId: third })).toEqual({ granted: false, place: 2 });
    h.actAs(second);
    expect(await h.records.acquireSlot({ requestId: second })).toEqual({ granted: true, place: 0 });
    expect(await h.records.acquireSlot({ requestId: second })).toEqual({ granted: true, place: 0 });
    await h.records.finish({ requestId: second, state: 'CANCELLED' });
    h.actAs(third);
    expect(await h.records.acquireSlot({ requestId: third })).toEqual({ granted: true, place: 0 });
  });

  it('stores one fact for a key, counts a use once, and shows what is not enforced', async () => {
    const id = await toExecution();
    const one = await h.put(id, 'execution', FACTS.execution);
    expect(await h.put(id, 'execution', { ...FACTS.execution, steps: 9 })).toEqual(one);
    const fenced = { requestId: id, run: h.owner.run };
    const usage = { tokens: 5, costMicros: null, wallClockMs: 10, attempts: 1 };
    await h.activities.addUsage({ ...fenced, key: 'a', usage });
    expect(await h.activities.addUsage({ ...fenced, key: 'a', usage })).toEqual(usage);
    expect(await h.activities.latestFact({ ...fenced, kind: 'execution' })).toMatchObject({ id: one.id, data: { steps: 1 } });
    expect(await h.activities.getFact({ ...fenced, kind: 'plan', id: one.id })).toBeNull();
    expect(await h.requests.get(h.as('observer'), id)).toMatchObject({ limitsNotEnforced: ['disk'], budget: { usage } });
    expect(await h.documents.document(h.as('observer'), { id, kind: 'diff', maxBytes: 3 })).toMatchObject({ text: '+ad', truncated: true });
  });

  it('records the review inside publishing when the merge gate opens, and the vote that closed it', async () => {
    const id = await toExecution();
    await h.put(id, 'execution', FACTS.execution);
    await h.records.transition({ requestId: id, moves: ['CHECKING'] });
    await h.put(id, 'checks', FACTS.checks);
    await h.put(id, 'measure', FACTS.measure);
    h.projects.verdict = { effect: 'allow', policyIds: ['small'], policyVersion: 'policy-1', reasons: [] };
    await h.open(id, 'diff');
    const prep = { targetRef: 'refs/heads/main', targetTip: 'a'.repeat(40), head: 'b'.repeat(40), mergedTree: 'c'.repeat(40), repository: '/data/p1.git', fastForward: true };
    await h.put(id, 'mergePrep', prep);
    const opened = await h.open(id, 'merge');
    const { stages } = await h.requests.get(h.as('observer'), id);
    expect(stages.map(({ name, state: at }) => `${name} ${at}`)).toEqual([
      'spec done', 'plan done', 'execute done', 'check done', 'diff done', 'publish done', 'review done', 'merge running',
    ]);
    const { decisionId } = await h.vote(id, 'maintainer', 'merge', opened.outcome === 'open' ? opened.digest : '');
    await h.records.closeGate({ requestId: id, gate: 'merge', revision: 1, decisionIds: [decisionId ?? ''] });
    const vote = await h.store.read.decisions.find(decisionId ?? '');
    expect(await h.activities.briefing({ requestId: id, run: h.owner.run })).toMatchObject({
      mergeVote: { name: 'maintainer', at: vote?.at.toISOString() },
      approvedBy: ['reviewer', 'maintainer'],
    });
    await h.records.finish({ requestId: id, state: 'DONE' });
    expect(await h.requests.inbox(h.as('observer'))).toEqual({ needsMe: 0, waiting: 0, running: 0, done: 1 });
  });
});

describe('words', () => {
  let h: Harness;
  let id: string;
  let digest: string;
  beforeEach(async () => {
    h = await harness();
    id = await h.create();
    digest = await h.toPlanReview(id);
  });
  afterEach(() => h.close());

  const say = (person: string, kind: 'comment' | 'cancel' | 'pause' | 'resume', text: string | null = 'why') =>
    h.words.word(h.as(person), { id, kind, text, limits: null, digest: null });
  const apply = async () => {
    const word = (await h.store.read.words.all(id)).at(-1);
    return h.records.applyWord({ requestId: id, wordId: word?.id ?? '' });
  };

  it('stores a word first and sends its id only', async () => {
    expect(await say('reviewer', 'comment', 'people’s text')).toMatchObject({ outcome: 'recorded' });
    expect(JSON.stringify(h.lifecycle.updates)).not.toContain('text');
    expect(await apply()).toEqual({ kind: 'comment', asks: false });
    expect((await h.requests.get(h.as('observer'), id)).comments).toMatchObject([{ author: 'reviewer', text: 'people’s text' }]);
    expect(await h.records.applyWord({ requestId: id, wordId: 'nobody-said' })).toEqual({ kind: 'unknown' });
  });

  it('lets the requester pause, resume and cancel, and gives open gates the time back', async () => {
    const before = (await h.store.read.gates.current(id, 'plan'))?.deadline?.getTime() ?? 0;
    await say('requester', 'pause');
    expect(await apply()).toEqual({ kind: 'pause' });
    expect(await say('requester', 'pause')).toMatchObject({ outcome: 'refused', code: 'ALREADY_PAUSED' });
    h.advance(60_000);
    await say('requester', 'resume', null);
    expect(await apply()).toEqual({ kind: 'resume' });
    const after = (await h.store.read.gates.current(id, 'plan'))?.deadline?.getTime() ?? 0;
    expect(after - before).toBeGreaterThanOrEqual(60_000);
    expect(await say('requester', 'resume', null)).toMatchObject({ code: 'NOT_PAUSED' });
    await expect(say('reviewer', 'cancel')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await say('requester', 'cancel', 'changed my mind');
    expect(await apply()).toEqual({ kind: 'cancel' });
    await h.records.finish({ requestId: id, state: 'CANCELLED' });
    expect(await h.requests.get(h.as('observer'), id)).toMatchObject({ state: 'CANCELLED', outcome: { message: 'changed my mind' } });
  });

  it('raises a budget as a signed decision, never on one’s own request, and leaves the plan approved', async () => {
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', digest);
    await h.records.closeGate({ requestId: id, gate: 'plan', revision: 1, decisionIds: [decisionId ?? ''] });
    await h.records.pauseForBudget({ requestId: id, exceeded: 'attempts' });
    const raise = (person: string, attempts: number, shown: string) =>
      h.words.word(h.as(person), { id, kind: 'raiseBudget', text: null, limits: { tokens: null, costMicros: null, wallClockMs: 7_200_000, attempts }, digest: shown });
    const subject = await h.words.budgetSubject(h.as('maintainer'), { id, limits: { attempts: 5 } });
    expect(await raise('maintainer', 5, 'f'.repeat(64))).toMatchObject({ code: 'STALE_DIGEST' });
    expect(await raise('maintainer', 2, subject.digest)).toMatchObject({ code: 'BUDGET_NOT_RAISED' });
    await expect(raise('reviewer', 5, subject.digest)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await raise('maintainer', 5, subject.digest)).toMatchObject({ outcome: 'recorded', paused: true });
    expect(await apply()).toEqual({ kind: 'raiseBudget' });
    expect(await h.requests.get(h.as('maintainer'), id)).toMatchObject({ paused: false, budget: { limits: { attempts: 5 }, exceeded: null } });
    expect(await h.records.beginAttempt({ requestId: id, attempt: 5 })).toEqual({ allowed: true });
    const plan = await h.store.read.gates.current(id, 'plan');
    expect(plan).toMatchObject({ state: 'passed', digest });
    const own = await h.create('maintainer');
    await h.toPlanReview(own);
    expect(
      await h.words.word(h.as('maintainer'), { id: own, kind: 'raiseBudget', text: null, limits: subject.limits, digest: subject.digest }),
    ).toMatchObject({ outcome: 'refused', code: 'OWN_REQUEST' });
  });
});

describe('repair', () => {
  let h: Harness;
  let id: string;
  beforeEach(async () => {
    h = await harness();
    id = await h.create();
    await h.outbox.drain();
  });
  afterEach(() => h.close());

  it('does nothing where the owner run is open', async () => {
    h.lifecycle.runs.set(id, { runId: 'run-1', isOpen: true });
    await expect(h.repairs.repair(h.as('admin'), id)).rejects.toMatchObject({ code: 'REPAIR_NOT_NEEDED' });
    await expect(h.repairs.repair(h.as('maintainer'), id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('adopts a run that was reset, tells it, and sends the genuine votes again under the same ids', async () => {
    const digest = await h.toPlanReview(id);
    await h.vote(id, 'reviewer', 'plan', digest);
    h.lifecycle.runs.set(id, { runId: 'reset', isOpen: true });
    h.actAs(id, 'reset');
    await expect(h.records.begin({ requestId: id })).rejects.toMatchObject({ code: 'RUN_SUPERSEDED' });
    expect(await h.requests.get(h.as('admin'), id)).toMatchObject({ superseded: true, may: { repair: true } });
    await h.repairs.repair(h.as('admin'), id);
    await h.outbox.drain();
    expect(h.lifecycle.signals).toEqual([{ requestId: id, name: 'repaired' }]);
    expect(h.lifecycle.updates).toHaveLength(2);
    expect(h.lifecycle.updates[0]?.updateId).toBe(h.lifecycle.updates[1]?.updateId);
    expect(await h.records.begin({ requestId: id })).toMatchObject({ state: 'PLAN_REVIEW' });
    expect(await h.records.recall({ requestId: id })).toMatchObject({ state: 'PLAN_REVIEW', gate: { gate: 'plan', digest }, votes: [{ actor: 'reviewer' }], attempt: 0 });
    expect(await h.requests.get(h.as('admin'), id)).toMatchObject({ superseded: false });
  });

  it('starts a new run with the recorded state where none is open', async () => {
    await h.toPlanReview(id);
    h.lifecycle.runs.set(id, { runId: 'run-1', isOpen: false });
    await h.repairs.repair(h.as('admin'), id);
    await h.outbox.drain();
    expect(h.lifecycle.started.at(-1)).toMatchObject({ requestId: id, carry: { state: 'PLAN_REVIEW', gate: { gate: 'plan', revision: 1 } } });
    h.actAs(id, 'run-9');
    expect(await h.records.begin({ requestId: id })).toMatchObject({ state: 'PLAN_REVIEW' });
  });
});
