import { INSTALLATION_MODELS, type Facts } from '@countersign/domain';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { MAX_ANSWERS } from '../src/answer/ask.js';
import { FACTS, type Harness, harness } from './harness.js';

const MODEL = 'openai:some-model';

describe('chat on a spec or plan', () => {
  let h: Harness;
  let id: string;
  beforeEach(async () => {
    h = await harness({ models: { ...INSTALLATION_MODELS, all: MODEL } });
    id = await h.create();
  });
  afterEach(() => h.close());

  const say = async (text: string, person = 'reviewer'): Promise<string> => {
    await h.words.word(h.as(person), { id, kind: 'comment', text, limits: null, digest: null });
    return (await h.store.read.words.all(id)).at(-1)?.id ?? '';
  };
  const asked = async (text: string, person?: string) => {
    const wordId = await say(text, person);
    return { wordId, applied: await h.records.applyWord({ requestId: id, wordId }) };
  };
  const fenced = () => ({ requestId: id, run: h.owner.run });
  const answer = (wordId: string, text = 'Because.') => h.activities.answerComment({ ...fenced(), wordId, author: MODEL, text, byModel: true });
  const comments = async () => (await h.requests.get(h.as('observer'), id)).comments;

  it('asks the model about a comment while the document is open, and shows that it was asked', async () => {
    expect((await asked('too early')).applied).toEqual({ kind: 'comment', asks: false });
    await h.toPlanReview(id);
    const { wordId, applied } = await asked('why?');
    expect(applied).toEqual({ kind: 'comment', asks: true });
    expect(await comments()).toMatchObject([
      { text: 'too early', byModel: false, answers: null, pending: false },
      { id: wordId, author: 'reviewer', text: 'why?', byModel: false, pending: false },
      { author: MODEL, answers: wordId, byModel: false, pending: true },
    ]);
  });

  it('asks no offline model, whoever chose it', async () => {
    await h.toPlanReview(id);
    h.setSettings({ models: { ...INSTALLATION_MODELS, chat: 'offline' } });
    expect((await asked('why?')).applied).toEqual({ kind: 'comment', asks: false });
    h.setSettings({});
    expect((await asked('why?')).applied).toEqual({ kind: 'comment', asks: true });
  });

  it('keeps the first answer of a comment, audits it, and asks again about none that has one', async () => {
    await h.toPlanReview(id);
    const { wordId } = await asked('why?');
    await h.activities.noteAnswer({ ...fenced(), wordId, waitingFor: 'the model provider' });
    expect((await comments()).at(-1)).toMatchObject({ text: 'The answer waits for the model provider', pending: true });
    await answer(wordId);
    await answer(wordId, 'Something else.');
    await h.activities.noteAnswer({ ...fenced(), wordId, waitingFor: 'too late' });
    expect((await comments()).at(-1)).toMatchObject({ author: MODEL, text: 'Because.', byModel: true, answers: wordId, pending: false });
    const { items } = await h.trail.page(h.as('admin'), { id, limit: 200 });
    expect(items.filter(({ type }) => type === 'answer')).toHaveLength(1);
    expect((await h.requests.get(h.as('observer'), id)).events.filter(({ type }) => type === 'answer')).toHaveLength(1);
    expect(await h.records.applyWord({ requestId: id, wordId })).toEqual({ kind: 'comment', asks: false });
  });

  it('takes answers of the owner run only, and none to what is not a question of this request', async () => {
    await h.toPlanReview(id);
    const { wordId } = await asked('why?');
    const other = await h.create();
    await h.activities.answerComment({ requestId: other, run: h.owner.run, wordId, author: MODEL, text: 'no', byModel: true });
    h.actAs(id, 'rogue');
    await expect(answer(wordId)).rejects.toMatchObject({ code: 'RUN_SUPERSEDED' });
    await expect(h.activities.thread(fenced())).rejects.toMatchObject({ code: 'RUN_SUPERSEDED' });
    h.actAs(id);
    expect((await comments()).at(-1)).toMatchObject({ pending: true });
  });

  it(`asks about ${MAX_ANSWERS} comments of one revision and then says that it keeps the rest`, async () => {
    await h.toPlanReview(id);
    for (let count = 1; count <= MAX_ANSWERS; count += 1) expect((await asked(`question ${count}`)).applied).toMatchObject({ asks: true });
    const { wordId, applied } = await asked('one more');
    expect(applied).toEqual({ kind: 'comment', asks: false });
    expect((await comments()).at(-1)).toMatchObject({ author: 'countersign', answers: wordId, byModel: false, pending: false, text: expect.stringContaining('is kept') });
  });

  it('gives a repaired run the questions that are still open, and says of the others that the gate closed', async () => {
    const digest = await h.toPlanReview(id);
    const [first, second] = [await asked('one'), await asked('two')];
    await answer(first.wordId);
    expect((await h.records.recall({ requestId: id })).questions).toEqual([second.wordId]);
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', digest, 'request-changes');
    await h.records.closeGate({ requestId: id, gate: 'plan', revision: 1, decisionIds: [decisionId ?? ''] });
    expect((await comments()).at(-1)).toMatchObject({ answers: second.wordId, pending: false, byModel: false, text: expect.stringContaining('gate closed') });
    expect((await h.records.recall({ requestId: id })).questions ?? []).toEqual([]);
  });

  it('tells a model who spoke by what they are to the request, and of a decision what was there when it was made', async () => {
    const digest = await h.toPlanReview(id);
    const { wordId } = await asked('why?', 'requester');
    await answer(wordId);
    await asked('use another file', 'maintainer');
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', digest, 'request-changes');
    await asked('said later');
    const upTo = await h.activities.thread({ ...fenced(), upTo: [decisionId ?? ''] });
    expect(upTo.map(({ by, text, answers }) => [by, text, answers])).toEqual([
      ['requester', 'why?', null],
      ['model', 'Because.', wordId],
      ['maintainer', 'use another file', null],
    ]);
    expect((await h.activities.thread(fenced())).at(-1)).toMatchObject({ by: 'reviewer', text: 'said later' });
    expect(await h.activities.thread({ ...fenced(), upTo: ['no such decision'] })).toEqual([]);
  });
});

describe('model review in the records', () => {
  let h: Harness;
  beforeEach(async () => {
    h = await harness({ models: { ...INSTALLATION_MODELS, review: MODEL } });
  });
  afterEach(() => h.close());

  const HEAD = FACTS.execution.headCommit;
  const found: Facts['modelReview'] = {
    reviewer: MODEL,
    headCommit: HEAD,
    passes: [
      { name: 'correctness', findings: 1, error: null },
      { name: 'security', findings: 0, error: 'budget used up (tokens)' },
    ],
    findings: [{ rule: 'model:correctness', severity: 'blocking', message: 'The sum is wrong', path: 'a.ts', line: 3, confidence: 70 }],
  };
  const atDiff = async (settings: Parameters<Harness['setSettings']>[0] = {}): Promise<string> => {
    h.setSettings(settings);
    const id = await h.create();
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', await h.toPlanReview(id));
    await h.records.closeGate({ requestId: id, gate: 'plan', revision: 1, decisionIds: [decisionId ?? ''] });
    await h.put(id, 'execution', FACTS.execution);
    await h.records.transition({ requestId: id, moves: ['CHECKING'] });
    await h.put(id, 'checks', FACTS.checks);
    await h.put(id, 'measure', FACTS.measure);
    await h.put(id, 'modelReview', found);
    await h.open(id, 'diff');
    return id;
  };

  it('tells the lifecycle whether a language model reviews', async () => {
    const id = await h.create();
    expect(await h.records.begin({ requestId: id })).toMatchObject({ settings: { modelReview: true } });
    h.setSettings({ models: { ...INSTALLATION_MODELS, review: 'offline' } });
    expect(await h.records.begin({ requestId: id })).toMatchObject({ settings: { modelReview: false } });
  });

  it('shows what the model found when the diff is decided, with what it did not read', async () => {
    const id = await atDiff();
    const detail = await h.requests.get(h.as('observer'), id);
    expect(detail).toMatchObject({ state: 'DIFF_REVIEW', modelReview: { reviewer: MODEL, passes: found.passes } });
    expect(detail.findings).toEqual([{ ...found.findings[0], confidence: 0.7 }]);
    const { text, author } = await h.documents.document(h.as('observer'), { id, kind: 'review', maxBytes: 10_000 });
    expect([author, text]).toEqual([MODEL, expect.stringContaining('(model, 70 % sure)')]);
    expect(text).toContain('budget used up');
    await h.put(id, 'review', { reviewer: 'bot', headCommit: HEAD, findings: found.findings });
    const posted = await h.requests.get(h.as('observer'), id);
    expect(posted.findings).toHaveLength(1);
    await h.put(id, 'execution', { ...FACTS.execution, headCommit: 'd'.repeat(40) }, 'execution/2');
    expect(await h.requests.get(h.as('observer'), id)).toMatchObject({ findings: [], modelReview: null });
  });

  it.each([
    [false, null],
    [true, 'blocking'],
  ] as const)('is no fact to a policy unless the project lets it block (%s)', async (reviewBlocks, highestSeverity) => {
    await atDiff({ reviewBlocks });
    expect(h.projects.questions.at(-1)).toMatchObject({ gate: 'diff', facts: { highestSeverity } });
  });
});
