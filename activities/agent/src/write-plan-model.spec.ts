import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { AppError, type Facts, type FactKind } from '@countersign/domain';
import { sha256Hex } from '@countersign/domain/digest';
import { someSettings } from '@countersign/domain/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { ChatRequest, ModelAnswer } from './ports/language-model.port.js';
import { PLAN_PROMPT } from './prompts/plan.prompt.js';
import { agentWorld, type AgentWorld } from './testing/agent-world.fake.js';
import { scriptedModel, type ScriptedModel } from './testing/language-model.fake.js';

let root: string;
let world: AgentWorld;
let model: ScriptedModel;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign-plan-model-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const SPEC = { goal: 'g', acceptanceCriteria: ['c'], outOfScope: [] };
const file = (path: string, change: 'edit' | 'add' | 'delete' = 'edit') => ({ path, change });
const planOf = (...files: readonly object[]) => ({ summary: 's', steps: [{ title: 't', instruction: 'i', files, commands: [] as string[][] }], notes: [] });
const fact = <K extends FactKind>(kind: K): Facts[K] => world.records.facts.findLast((one) => one.kind === kind)?.data as Facts[K];
const planRequests = (): readonly ChatRequest[] => model.requests.filter(({ stage }) => stage === 'plan');
const repairsIn = ({ messages }: ChatRequest): readonly string[] =>
  messages.flatMap((message) => (message.role === 'task' ? message.sections.filter(({ name }) => name === 'repair').map(({ text }) => text) : []));

/** A model that answers planning with these, one after the other; the last again and again. */
function planning(...answers: readonly Partial<ModelAnswer>[]): void {
  let call = 0;
  model = scriptedModel(({ stage }) => {
    if (stage === 'spec') return { output: SPEC };
    call += 1;
    return answers[Math.min(call, answers.length) - 1] ?? {};
  });
  world = agentWorld(root, model);
}
const commit = (files: Readonly<Record<string, string>>): string => world.workspace.commit(files);
const LFS = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12\n`;

describe('a plan of a language model', () => {
  it('is asked for again with what does not fit, and taken once it fits', async () => {
    planning({ text: 'I think so.' }, { output: { ...planOf(file('../x')), summary: '' } }, { output: planOf(file('a.ts'), file('b/c.ts', 'add')) });
    const plan = await world.planned('x', 'y', commit({ 'a.ts': 'foo' }));
    expect(plan.steps[0]?.files).toEqual([file('a.ts'), file('b/c.ts', 'add')]);
    const last = planRequests().at(-1) as ChatRequest;
    expect(repairsIn(last)).toEqual([expect.stringContaining('neither a tool call nor the structured output'), expect.stringMatching(/- summary: [^]*- steps\.0\.files\.0\.path: must/)]);
    // Providers refuse a message without content.
    expect(last.messages.filter(({ role }) => role === 'assistant')).toEqual([
      { role: 'assistant', text: 'I think so.', toolCalls: [] },
      { role: 'assistant', text: expect.stringContaining('../x'), toolCalls: [] },
    ]);
    expect(world.lines).toContainEqual(expect.stringContaining('the model is asked again: The plan in your last answer cannot be used'));
  });

  it('is refused after two repairs, with the transcript kept', async () => {
    planning({ output: { summary: 's3cret' } });
    await expect(world.planned('x', 'y', commit({ 'a.ts': 'foo' }))).rejects.toThrow('MODEL_OUTPUT_INVALID');
    expect(planRequests()).toHaveLength(3);
    const { message, transcript } = fact('cannot');
    expect(message).toMatch(/^The model’s plan could not be used: steps: .*also after 2 further tries\.$/);
    const lines = (world.artifacts.get(transcript?.sha256 ?? '') ?? '').trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ role }) => role)).toEqual(['instructions', 'task', 'assistant', 'repair', 'assistant', 'repair', 'assistant', 'end']);
    expect(lines[2]).toMatchObject({ step: 1, model: 'scripted', output: { summary: '[redacted]' }, usage: { inputTokens: 10 } });
  });

  it.each([
    [planOf(file('gone.ts')), /gone\.ts is not in the repository at this point, so it cannot be edited/],
    [planOf(file('a.ts', 'add')), /a\.ts exists already/],
    [planOf(file('a.ts/b', 'add')), /a\.ts\/b cannot be added: a\.ts is a file/],
    [planOf(file('a.ts', 'delete'), file('a.ts')), /steps\.0\.files\.1: a\.ts is not in the repository at this point/],
    [planOf(file('big.bin')), /big\.bin is a Git LFS pointer/],
    [planOf(file('.gitmodules', 'add')), /says where submodules come from/],
    [{ ...planOf(), steps: [{ title: 't', instruction: 'i', files: [], commands: [['npm test']] }] }, /\["npm test"\] must name the program and each argument apart/],
  ])('is checked against the repository: %j', async (output, issue) => {
    planning({ output }, { output: planOf(file('a.ts')) });
    await world.planned('x', 'y', commit({ 'a.ts': 'foo', 'big.bin': LFS }));
    expect(repairsIn(planRequests()[1] as ChatRequest)).toEqual([expect.stringMatching(issue)]);
  });

  it('may add what an earlier step deleted, and edit what one added', async () => {
    planning({ output: planOf(file('a.ts', 'delete'), file('a.ts', 'add'), file('n.ts', 'add'), file('n.ts')) });
    await world.planned('x', 'y', commit({ 'a.ts': 'foo' }));
    expect(planRequests()).toHaveLength(1);
  });

  it('is noted in the journal with model, prompt and time, and in the log with its tokens', async () => {
    planning({ output: planOf(), usage: { inputTokens: 12_345, outputTokens: 67, cachedInputTokens: 6172, costMicros: 5 } });
    await world.planned('x', 'y', commit({ 'a.ts': 'foo' }));
    const [, run] = [...world.journal.runs].find(([key]) => key.includes('plan/')) ?? [];
    expect(run?.answers.get(1)?.call).toEqual({ model: 'scripted', promptDigest: sha256Hex(PLAN_PROMPT.text), at: '1970-01-01T00:00:00.000Z' });
    expect(world.lines).toContain('scripted: read 12,345 tokens (50 % from its cache), wrote 67, 0.0 s');
    expect(await world.records.addUsage('r1', { workflowId: 'w', runId: 'r' }, 'probe', { tokens: 0, costMicros: 0, wallClockMs: 0, attempts: 0 })).toMatchObject({ cachedTokens: 6172 });
  });

  it('carries the rules of the project and of its base commit, which the model is given too', async () => {
    planning({ output: planOf() });
    const settings = someSettings({ rules: 'Tabs.\n' });
    world.records.brief = { ...world.records.brief, project: { ...world.records.brief.project, settings } };
    const plan = await world.planned('x', 'y', commit({ '.countersign/rules.md': 'No semicolons.\n' }));
    expect(plan.rules).toBe('Tabs.\n\nFrom .countersign/rules.md:\n\nNo semicolons.');
    const task = planRequests()[0]?.messages[1];
    expect(task?.role === 'task' && task.sections.find(({ name }) => name === 'rules')?.text).toBe(plan.rules);
  });

  it('says of rules that are too long that they were left out', async () => {
    planning({ output: planOf() });
    const plan = await world.planned('x', 'y', commit({ '.countersign/rules.md': 'x'.repeat(16_385) }));
    expect(plan).toMatchObject({ rules: '', notes: [expect.stringContaining('16385 bytes and was left out')] });
  });
});

describe('a money limit', () => {
  const limited = (costMicros: number | null): void => {
    world.records.brief = { ...world.records.brief, limits: { ...world.records.brief.limits, costMicros } };
  };

  it('is refused while planning where a price is not known, with how to set one', async () => {
    planning({ output: planOf() });
    world = agentWorld(root, { ...model, id: 'openai:own', facts: { ...model.facts, price: null } });
    limited(5_000_000);
    expect(await world.activities.writeSpec({ requestId: 'r1', feedback: [] })).toMatchObject({ kind: 'cannot', code: 'PRICE_UNKNOWN' });
    expect(fact('cannot').message).toMatch(/limit of 5\.00.*openai:own.*COUNTERSIGN_MODEL_PRICES/);
    expect(model.requests).toHaveLength(0);
    limited(null);
    expect(await world.activities.writeSpec({ requestId: 'r1', feedback: [] })).toMatchObject({ kind: 'written' });
  });

  it('stops before the call whose input alone would pass it', async () => {
    planning({ output: planOf() });
    const price = { ...model.facts.price, currency: 'USD' as const, inputMicros: 1_000_000, cachedInputMicros: 1, outputMicros: 1, asOf: '2026-01-01', source: 'a test' };
    world = agentWorld(root, { ...model, facts: { ...model.facts, price } });
    limited(100);
    expect(await world.activities.writeSpec({ requestId: 'r1', feedback: [] })).toEqual({ kind: 'budget', exceeded: 'costMicros' });
    expect(model.requests).toHaveLength(0);
  });
});

describe('a model that fails', () => {
  it('is waited for in the provider’s own words, until a call succeeds', async () => {
    let isAway = true;
    model = scriptedModel(() => {
      if (isAway) throw new AppError('MODEL_RATE_LIMITED', 'openai asks to slow down', { retryAfterMs: 1000 });
      return { output: SPEC };
    });
    world = agentWorld(root, model);
    await expect(world.activities.writeSpec({ requestId: 'r1', feedback: [] })).rejects.toMatchObject({ code: 'MODEL_RATE_LIMITED', retryAfterMs: 1000 });
    expect(world.records.waiting).toEqual(['openai asks to slow down']);
    isAway = false;
    await world.activities.writeSpec({ requestId: 'r1', feedback: [] });
    expect(world.records.waiting.at(-1)).toBeNull();
  });

  it('is waited for where none is configured', async () => {
    world = agentWorld(root);
    const deps = { ...world.deps, model: () => { throw new AppError('MODEL_NOT_CONFIGURED', 'Set OPENAI_API_KEY'); } };
    const { agentActivities } = await import('./agent.activities.js');
    await expect(agentActivities(deps).writeSpec({ requestId: 'r1', feedback: [] })).rejects.toMatchObject({ code: 'MODEL_NOT_CONFIGURED' });
    expect(world.records.waiting).toEqual(['Set OPENAI_API_KEY']);
  });

  it.each(['MODEL_REFUSED', 'MODEL_FILTERED', 'MODEL_CALL_REFUSED', 'MODEL_CONTEXT_TOO_LONG'] as const)('ends the run with its sentence: %s', async (code) => {
    world = agentWorld(root, scriptedModel(() => { throw new AppError(code, 'The provider said so'); }));
    expect(await world.activities.writeSpec({ requestId: 'r1', feedback: [] })).toMatchObject({ kind: 'cannot', code });
    expect(fact('cannot')).toMatchObject({ message: 'The provider said so', transcript: { mediaType: 'application/x-ndjson' } });
  });

  it('is asked again where its answer could not be read', async () => {
    model = scriptedModel((_, call) => {
      if (call === 1) throw new AppError('MODEL_OUTPUT_INVALID', 'The answer is not JSON');
      return { output: SPEC };
    });
    world = agentWorld(root, model);
    expect(await world.activities.writeSpec({ requestId: 'r1', feedback: [] })).toMatchObject({ kind: 'written' });
    expect(repairsIn(model.requests[1] as ChatRequest)).toEqual(['Your last answer could not be read: The answer is not JSON\nAnswer again, with less at once.']);
    expect(model.requests[1]?.messages[2]).toEqual({ role: 'assistant', text: '(no answer)', toolCalls: [] });
  });

  it('ends in the provider’s words where no answer can be read', async () => {
    world = agentWorld(root, scriptedModel(() => { throw new AppError('MODEL_OUTPUT_INVALID', 'The model came to the end of what it may write.'); }));
    expect(await world.activities.writeSpec({ requestId: 'r1', feedback: [] })).toMatchObject({ kind: 'cannot', code: 'MODEL_OUTPUT_INVALID' });
    expect(fact('cannot').message).toBe('The model came to the end of what it may write. This was so also after 2 further tries.');
  });
});
