import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ThreadMessage } from '@countersign/workflow-contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { agentWorld, type AgentWorld } from '../testing/agent-world.fake.js';
import { scriptedModel, type ScriptedModel } from '../testing/language-model.fake.js';
import { threadText } from './thread-section.js';

const said = (text: string, over: Partial<ThreadMessage> = {}): ThreadMessage => ({ id: text, by: 'reviewer', text, at: '2026-01-01T00:00:00Z', answers: null, ...over });

describe('threadText', () => {
  it('names people by what they are to the request', () => {
    expect(threadText([said('why?', { by: 'requester' }), said('so', { by: 'model', answers: 'why?' })])).toBe('requester:\nwhy?\n\nmodel (answers the comment above):\nso');
  });

  it('cuts a long talk at its beginning, and says so', () => {
    const text = threadText([said('first'), said('x'.repeat(30_000)), said('y'.repeat(20_000))]);
    expect(text.startsWith('(2 earlier left out)')).toBe(true);
    expect(text).toContain('yyy');
  });
});

describe('the thread in the next revision', () => {
  let root: string;
  let world: AgentWorld;
  let model: ScriptedModel;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'countersign-thread-'));
    model = scriptedModel(() => ({ output: { goal: 'g', acceptanceCriteria: ['c'], outOfScope: [] } }));
    world = agentWorld(root, model);
    world.records.messages = [said('use another file')];
    world.records.feedbackTexts = { d1: 'please change it' };
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const namesOf = (call: number) => model.requests[call]?.messages.flatMap((message) => (message.role === 'task' ? message.sections.map(({ name }) => name) : []));

  it('is read by whoever writes what was sent back, and not by the first writer', async () => {
    await world.activities.writeSpec({ requestId: 'r1', feedback: [] });
    await world.activities.writeSpec({ requestId: 'r1', feedback: ['d1'] });
    expect([namesOf(0)?.includes('thread'), namesOf(1)?.includes('thread')]).toEqual([false, true]);
  });

  it('makes another run of the same feedback where something else was said', async () => {
    await world.activities.writeSpec({ requestId: 'r1', feedback: ['d1'] });
    await world.activities.writeSpec({ requestId: 'r1', feedback: ['d1'] });
    expect(model.requests).toHaveLength(1);
    world.records.messages = [said('use a third file')];
    await world.activities.writeSpec({ requestId: 'r1', feedback: ['d1'] });
    expect(model.requests).toHaveLength(2);
  });
});
