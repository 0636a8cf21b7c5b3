import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { AppError, type Facts } from '@countersign/domain';
import { aPlan } from '@countersign/domain/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { agentActivities } from './agent.activities.js';
import type { ChatRequest, ModelAnswer } from './ports/language-model.port.js';
import { COMPACT_PROMPT } from './prompts/compact.prompt.js';
import { agentWorld, type AgentWorld } from './testing/agent-world.fake.js';
import { aFuse, Killed, killable } from './testing/fuse.fake.js';
import { scriptedModel, type ScriptedModel } from './testing/language-model.fake.js';

let root: string;
let world: AgentWorld;
let model: ScriptedModel;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign-compaction-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const WRITES = 8;
const input = { requestId: 'r1', attempt: 1, feedback: [] };
const section = ({ messages }: ChatRequest, name: string): string =>
  messages.flatMap((message) => (message.role === 'task' ? message.sections.filter((one) => one.name === name).map(({ text }) => text) : [])).join('\n');
const isSummary = ({ messages }: ChatRequest): boolean => messages[0]?.role === 'instructions' && messages[0].text === COMPACT_PROMPT.text;

/** Knows how far it is from nothing but the messages: from the summary, and from the results after it. */
function doneIn(request: ChatRequest): number {
  const summed = Number(/done: (\d+)/.exec(section(request, 'summary'))?.[1] ?? 0);
  return summed + request.messages.filter(({ role }) => role === 'tools').length;
}

/** Fills its window, says something useless once, and has to sum up several times. */
function forgetful(request: ChatRequest): Partial<ModelAnswer> {
  const usage = { inputTokens: 0, outputTokens: 7, cachedInputTokens: 0, costMicros: 1 };
  if (isSummary(request)) {
    const summed = Number(/done: (\d+)/.exec(section(request, 'summary'))?.[1] ?? 0);
    return { usage, text: `done: ${summed + section(request, 'transcript').split('result of write').length - 1}` };
  }
  const done = doneIn(request);
  const last = request.messages.at(-1);
  const isRepair = last?.role === 'task' && last.sections.some(({ name }) => name === 'repair');
  if (done === 5 && !isRepair) return { usage, text: 'I will go on now.' };
  if (done >= WRITES) return { usage, toolCalls: [{ id: 'f', name: 'finish', args: { summary: '' } }] };
  return { usage, toolCalls: [{ id: `c${done}`, name: 'write', args: { path: 'x.ts', content: `${done} ${'x'.repeat(3000)}` } }] };
}

function begin(answer: Parameters<typeof scriptedModel>[0] = forgetful, contextTokens = 6000): void {
  rmSync(root, { recursive: true, force: true });
  model = scriptedModel(answer);
  world = agentWorld(root, { ...model, facts: { ...model.facts, contextTokens } });
  const base = world.workspace.commit({ 'x.ts': 'a' });
  world.approve(aPlan(), base);
}

const execution = (): Facts['execution'] => world.records.facts.findLast((fact) => fact.kind === 'execution')?.data as Facts['execution'];
const summaries = (): readonly ChatRequest[] => model.requests.filter(isSummary);

describe('a run that fills the model’s window', () => {
  it('has its older part summed up by the model itself, without tools, and keeps task and newest steps whole', async () => {
    begin();
    expect(await world.activities.execute(input)).toMatchObject({ kind: 'done' });
    expect(world.workspace.texts(execution().headCommit)['x.ts']).toMatch(/^7 x/);
    expect(summaries().length).toBeGreaterThanOrEqual(2);
    expect(summaries()[0]).toMatchObject({ tools: [] });
    expect(section(summaries()[1] ?? (summaries()[0] as ChatRequest), 'summary')).toMatch(/^done: \d$/);
    const after = model.requests.at(-1) as ChatRequest;
    expect(after.messages[0]).toEqual(model.requests[0]?.messages[0]);
    expect(section(after, 'plan')).toBe(section(model.requests[0] as ChatRequest, 'plan'));
    expect(after.messages[2]).toMatchObject({ role: 'assistant' });
    for (const { messages } of model.requests) expect(Buffer.byteLength(JSON.stringify(messages)) / 4).toBeLessThan(6000);
    expect(world.lines).toContain('The conversation has filled the model’s window; summing up its older part');
  });

  it.each(['before', 'after'] as const)('goes on with the same messages when it is killed %s any call, around summaries and repairs too', async (when) => {
    begin();
    const counting = aFuse({ when });
    await agentActivities(killable(world.deps, counting)).execute(input);
    const { headCommit } = execution();
    const plain = model.requests.map(({ messages }) => JSON.stringify(messages));
    // Every fifth moment, others before than after: each takes a whole run.
    for (let moment = when === 'before' ? 1 : 3; moment <= counting.calls; moment += 5) {
      begin();
      await expect(agentActivities(killable(world.deps, aFuse({ left: moment, when }))).execute(input)).rejects.toBeInstanceOf(Killed);
      expect(await world.activities.execute(input)).toMatchObject({ kind: 'done' });
      expect({ moment, headCommit: execution().headCommit }).toEqual({ moment, headCommit });
      const made = model.requests.map(({ messages }) => JSON.stringify(messages));
      // The same calls in the same order; at most one of them twice, around the kill.
      expect(made.length - plain.length).toBeLessThanOrEqual(1);
      expect(made.filter((messages, at) => messages !== made[at - 1])).toEqual(plain);
    }
  });

  it('sums up and tries once more where the provider says that it is too long', async () => {
    let refused = 0;
    begin((request) => {
      if (!isSummary(request) && request.messages.length > 8 && section(request, 'summary') === '') {
        refused += 1;
        throw new AppError('MODEL_CONTEXT_TOO_LONG', 'The conversation is longer than the model takes');
      }
      return forgetful(request);
    }, 1_000_000);
    expect(await world.activities.execute(input)).toMatchObject({ kind: 'done' });
    expect([refused, summaries().length]).toEqual([1, 1]);
  });

  it('ends with the provider’s sentence where it is too long even then', async () => {
    begin((request) => {
      if (!isSummary(request) && request.messages.length > 3) throw new AppError('MODEL_CONTEXT_TOO_LONG', 'The conversation is longer than the model takes');
      return forgetful(request);
    }, 1_000_000);
    expect(await world.activities.execute(input)).toMatchObject({ kind: 'cannot', code: 'MODEL_CONTEXT_TOO_LONG' });
    expect(summaries().length).toBeLessThanOrEqual(1);
  });

  it('goes on with a plain list of calls where the model cannot sum up', async () => {
    begin((request) => {
      if (isSummary(request)) throw new AppError('MODEL_REFUSED', 'No');
      const list = section(request, 'summary');
      const done = list.split('result of write').length - 1 + request.messages.filter(({ role }) => role === 'tools').length;
      if (done >= WRITES) return { toolCalls: [{ id: 'f', name: 'finish', args: { summary: '' } }] };
      return { usage: { inputTokens: 0, outputTokens: 7, cachedInputTokens: 0, costMicros: 1 }, toolCalls: [{ id: `c${done}`, name: 'write', args: { path: 'x.ts', content: `${done} ${'x'.repeat(3000)}` } }] };
    }, 8000);
    expect(await world.activities.execute(input)).toMatchObject({ kind: 'done' });
    expect(model.requests.some((request) => section(request, 'summary').includes('call of write'))).toBe(true);
  });
});
