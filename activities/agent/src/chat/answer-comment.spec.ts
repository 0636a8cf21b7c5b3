import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { AppError } from '@countersign/domain';
import { aPlan } from '@countersign/domain/testing';
import type { ThreadMessage } from '@countersign/workflow-contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { ChatRequest, ModelAnswer } from '../ports/language-model.port.js';
import { agentWorld, type AgentWorld } from '../testing/agent-world.fake.js';
import { scriptedModel, type ScriptedModel } from '../testing/language-model.fake.js';

let root: string;
let world: AgentWorld;
let model: ScriptedModel;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign-chat-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const said = (id: string, over: Partial<ThreadMessage> = {}): ThreadMessage => ({ id, by: 'reviewer', text: `text of ${id}`, at: '2026-01-01T00:00:00Z', answers: null, ...over });

/** A request at its plan gate, with a talk of two messages and the question w2. */
function atPlanGate(answer: (request: ChatRequest) => Partial<ModelAnswer>): void {
  model = scriptedModel(answer);
  world = agentWorld(root, model);
  world.approve(aPlan(), world.workspace.commit({ 'src/a.ts': 'one\n' }));
  const { brief } = world.records;
  world.records.brief = { ...brief, request: { ...brief.request, state: 'PLAN_REVIEW' } };
  world.records.messages = [said('w1'), said('m1', { by: 'model', answers: 'w1' }), said('w2', { by: 'requester', text: 'Which file is it?' })];
}

const answer = () => world.activities.answer({ requestId: 'r1', wordId: 'w2' });
const sectionsOf = (request: ChatRequest | undefined): Record<string, string> =>
  Object.fromEntries((request?.messages ?? []).flatMap((message) => (message.role === 'task' ? message.sections.map(({ name, text }) => [name, text]) : [])));

describe('answerComment', () => {
  it('answers in plain words from the document, the thread and the question', async () => {
    atPlanGate(() => ({ text: 'It is src/a.ts.' }));
    await answer();
    expect(world.records.answers).toEqual([{ wordId: 'w2', author: 'scripted', text: 'It is src/a.ts.', byModel: true }]);
    const sections = sectionsOf(model.requests[0]);
    expect(sections).toMatchObject({ question: 'Which file is it?', thread: 'reviewer:\ntext of w1\n\nmodel (answers the comment above):\ntext of m1' });
    expect(JSON.parse(sections['plan'] ?? '')).toMatchObject({ gate: 'plan' });
    expect(model.requests[0]?.tools.map(({ name }) => name)).toEqual(['list', 'search', 'read']);
  });

  it('leaves alone what has an answer and what nobody said', async () => {
    atPlanGate(() => ({ text: 'x' }));
    world.records.messages = [said('w2'), said('m2', { by: 'model', answers: 'w2' })];
    await answer();
    world.records.messages = [];
    await answer();
    expect([model.requests, world.records.answers]).toEqual([[], []]);
  });

  it('reads the commit that the plan starts from, beside everything else', async () => {
    atPlanGate(({ messages }) => (messages.some(({ role }) => role === 'tools') ? { text: 'one' } : { toolCalls: [{ id: 'c', name: 'read', args: { path: 'src/a.ts' } }] }));
    await answer();
    expect(JSON.stringify(model.requests[1]?.messages.at(-1))).toContain('one');
    expect(world.sandbox.specs.map(({ name, workspaceReadOnly }) => [name, workspaceReadOnly])).toEqual([['countersign-r1-chat', true]]);
    expect([world.sandbox.running.size, world.records.waiting]).toEqual([0, []]);
  });

  it('says in the thread what the answer waits for, and asks once more without repeating a call', async () => {
    let isDown = true;
    atPlanGate(() => {
      if (isDown) throw new AppError('MODEL_RATE_LIMITED', 'the model provider, which asks to slow down');
      return { text: 'now' };
    });
    await expect(answer()).rejects.toMatchObject({ code: 'MODEL_RATE_LIMITED' });
    expect(world.records.answerNotes).toEqual(['the model provider, which asks to slow down']);
    expect(world.records.waiting).toEqual([]);
    isDown = false;
    await answer();
    expect(world.records.answers).toMatchObject([{ text: 'now' }]);
  });

  it.each([
    ['refuses', () => { throw new AppError('MODEL_REFUSED', 'it refuses'); }, 'The model did not answer: it refuses'],
    ['has nothing to say', () => ({ text: '  ' }), /^The model did not answer: /],
  ] as const)('answers with a sentence of ours where the model %s', async (_what, reply, text) => {
    atPlanGate(reply);
    await answer();
    expect(world.records.answers).toEqual([{ wordId: 'w2', author: 'scripted', byModel: false, text: typeof text === 'string' ? text : expect.stringMatching(text) }]);
  });

  it('asks nothing once the budget is used up, and says so', async () => {
    atPlanGate(() => ({ text: 'x' }));
    world.records.brief = { ...world.records.brief, limits: { ...world.records.brief.limits, tokens: 1 }, usage: { ...world.records.brief.usage, tokens: 1 } };
    await answer();
    expect([model.requests, world.records.answers[0]]).toMatchObject([[], { byModel: false, text: 'The model did not answer: budget used up (tokens)' }]);
  });

  it('keeps an endless answer within 16 kB of whole characters', async () => {
    atPlanGate(() => ({ text: `a\0${'ü'.repeat(20_000)}` }));
    await answer();
    const text = world.records.answers[0]?.text ?? '';
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(16_384);
    expect(text).toMatch(/^aü+ …$/);
  });

  it('lets what is no fault of the model end the activity', async () => {
    atPlanGate(() => ({ text: 'x' }));
    world.records.answerComment = async () => {
      throw new AppError('RUN_SUPERSEDED', 'another run owns it');
    };
    await expect(answer()).rejects.toMatchObject({ code: 'RUN_SUPERSEDED' });
    expect(world.records.answerNotes).toEqual([]);
  });
});
