import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { AppError, type Facts } from '@countersign/domain';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { ChatRequest, ModelAnswer } from '../ports/language-model.port.js';
import { agentWorld, type AgentWorld } from '../testing/agent-world.fake.js';
import { scriptedModel } from '../testing/language-model.fake.js';
import { REVIEW_PASSES, PASS_PROMPTS, type ReviewPass } from './review-passes.js';

let root: string;
let world: AgentWorld;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign-review-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const RUN = { workflowId: 'request-r1', runId: 'run-1' };
const passOf = ({ messages }: ChatRequest): ReviewPass => {
  const text = messages.find(({ role }) => role === 'instructions');
  const found = REVIEW_PASSES.find((pass) => text?.role === 'instructions' && text.text === PASS_PROMPTS[pass].text);
  if (!found) throw new Error('no pass has this prompt');
  return found;
};
const raw = (over: object = {}) => ({ path: 'src/a.ts', line: 2, severity: 'warning', confidence: 0.5, message: 'The sum is wrong', ...over });

/** A result with one changed file, and a model that answers each pass. */
async function reviewed(answer: (pass: ReviewPass, request: ChatRequest) => Partial<ModelAnswer>) {
  const model = scriptedModel((request) => answer(passOf(request), request));
  world = agentWorld(root, model);
  const base = world.workspace.commit({ 'src/a.ts': 'one\n' });
  const head = world.workspace.commit({ 'src/a.ts': 'one\ntwo\n', 'src/b.ts': 'b\n' });
  const diff = { sha256: 'd'.repeat(64), bytes: 1, name: 'diff.patch', mediaType: 'text/x-diff' };
  const execution: Facts['execution'] = { attempt: 1, baseCommit: base, headCommit: head, tree: 't', steps: 1, diff, files: [], limitsNotEnforced: [] };
  const { id: executionId } = await world.records.putFact('r1', RUN, { kind: 'execution', key: 'e', data: execution });
  const review = () => world.activities.review({ requestId: 'r1', executionId });
  const fact = (): Facts['modelReview'] => world.records.facts.find(({ kind }) => kind === 'modelReview')?.data as Facts['modelReview'];
  return { model, review, fact, head };
}

describe('reviewChange', () => {
  it('asks every pass and puts their findings together, with names, places and confidence in percent', async () => {
    const { review, fact, head } = await reviewed((pass) => ({
      output: { findings: pass === 'style' ? [] : pass === 'tests' ? [raw({ message: 'Nothing tests this', line: null })] : [raw({ confidence: pass === 'security' ? 0.8 : 0.5 })] },
    }));
    const result = await review();
    expect(world.records.facts.at(-1)?.id).toBe(result.factId);
    expect(fact()).toEqual({
      reviewer: 'scripted',
      headCommit: head,
      passes: [
        { name: 'correctness', findings: 1, error: null },
        { name: 'security', findings: 1, error: null },
        { name: 'tests', findings: 1, error: null },
        { name: 'style', findings: 0, error: null },
      ],
      findings: [
        { rule: 'model:correctness+security', severity: 'warning', confidence: 80, path: 'src/a.ts', line: 2, message: 'The sum is wrong' },
        { rule: 'model:tests', severity: 'warning', confidence: 50, path: 'src/a.ts', line: null, message: 'Nothing tests this' },
      ],
    });
  });

  it('answers the same fact for the same head without asking again', async () => {
    const { review, model } = await reviewed(() => ({ output: { findings: [] } }));
    const first = await review();
    expect(await review()).toEqual(first);
    expect(model.requests).toHaveLength(4);
  });

  it('shows no line and no path that the result does not have', async () => {
    const places = [raw({ path: 'b/src/a.ts', line: 1, message: 'first words' }), raw({ line: 99, message: 'second thing' }), raw({ path: '../etc/passwd', line: 1, message: 'third remark' })];
    const { review, fact } = await reviewed((pass) => ({ output: { findings: pass === 'style' ? places : [] } }));
    await review();
    expect(fact().findings.map(({ path, line }) => [path, line]).sort()).toEqual([[null, null], ['src/a.ts', 1], ['src/a.ts', null]].sort());
  });

  it('records a pass that fails for good and keeps what the others found', async () => {
    const { review, fact } = await reviewed((pass) => {
      if (pass === 'security') throw new AppError('MODEL_REFUSED', 'The model refuses to answer');
      return { output: { findings: pass === 'tests' ? { nonsense: true } : [raw()] } };
    });
    await review();
    expect(fact().passes).toMatchObject([
      { name: 'correctness', error: null },
      { name: 'security', findings: 0, error: 'The model refuses to answer' },
      { name: 'tests', findings: 0, error: expect.stringContaining('could not be used') },
      { name: 'style', error: null },
    ]);
    expect(fact().findings).toHaveLength(1);
  });

  it('leaves to a further try what a further try may mend, and repeats no answer that it has', async () => {
    let isDown = true;
    const { review, model, fact } = await reviewed((pass) => {
      if (pass === 'security' && isDown) throw new AppError('MODEL_UNAVAILABLE', 'away');
      return { output: { findings: [] } };
    });
    await expect(review()).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' });
    isDown = false;
    await review();
    expect(model.requests.map(passOf).sort()).toEqual(['correctness', 'security', 'security', 'style', 'tests']);
    expect(fact().passes.every(({ error }) => error === null)).toBe(true);
  });

  it('mends an output that does not fit at most twice', async () => {
    let tries = 0;
    const { review, fact } = await reviewed((pass) => {
      if (pass !== 'style') return { output: { findings: [] } };
      tries += 1;
      return { output: { findings: [tries < 3 ? raw({ severity: 'terrible' }) : raw()] } };
    });
    await review();
    expect([tries, fact().passes.at(-1)]).toEqual([3, { name: 'style', findings: 1, error: null }]);
  });

  it('runs no pass once the budget is used up, and says so', async () => {
    const { review, fact, model } = await reviewed(() => ({ output: { findings: [] } }));
    world.records.brief = { ...world.records.brief, limits: { ...world.records.brief.limits, tokens: 10 }, usage: { ...world.records.brief.usage, tokens: 10 } };
    await review();
    expect(model.requests).toEqual([]);
    expect(fact().passes.map(({ error }) => error)).toEqual(Array.from({ length: 4 }, () => 'budget used up (tokens)'));
  });

  it('lets a pass read the result in a sandbox of its own that cannot write, and opens none where nobody reads', async () => {
    const { review } = await reviewed((pass, { messages }) => {
      const hasRead = messages.some(({ role }) => role === 'tools');
      if (pass === 'correctness' && !hasRead) return { toolCalls: [{ id: 'c1', name: 'read', args: { path: 'src/b.ts' } }, { id: 'c2', name: 'write', args: { path: 'x', content: '' } }] };
      return { output: { findings: [] } };
    });
    await review();
    expect(world.sandbox.specs.map(({ name, workspaceReadOnly }) => [name, workspaceReadOnly])).toEqual([['countersign-r1-review', true]]);
    expect(world.sandbox.running.size).toBe(0);
    expect(world.records.waiting).toEqual([]);
    expect(world.lines.filter((line) => line.startsWith('review:'))).toHaveLength(1);

    const none = await reviewed(() => ({ output: { findings: [] } }));
    await none.review();
    expect(world.sandbox.specs).toEqual([]);
  });

  it('opens its sandbox again where the checks beside it removed it', async () => {
    const { review, fact } = await reviewed((pass, { messages }) => {
      const reads = messages.filter(({ role }) => role === 'tools').length;
      return pass === 'style' && reads < 2 ? { toolCalls: [{ id: `c${reads}`, name: 'list', args: {} }] } : { output: { findings: [] } };
    });
    let execs = 0;
    world.sandbox.before = async () => {
      execs += 1;
      if (execs === 1) await world.sandbox.destroy('r1');
    };
    await review();
    expect(world.sandbox.specs.length).toBeGreaterThanOrEqual(2);
    expect(fact().passes.every(({ error }) => error === null)).toBe(true);
  });
});
