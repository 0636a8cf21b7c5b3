import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Facts, Plan } from '@countersign/domain';
import { aPlan, someSettings } from '@countersign/domain/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { ChatRequest, ModelAnswer, ToolCall, ToolResult } from './ports/language-model.port.js';
import { agentWorld, type AgentWorld } from './testing/agent-world.fake.js';
import { scriptedModel, type ScriptedModel } from './testing/language-model.fake.js';

let root: string;
let world: AgentWorld;
let model: ScriptedModel;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign-execute-model-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const FINISH: Partial<ModelAnswer> = { toolCalls: [{ id: 'f', name: 'finish', args: { summary: 'done' } }] };
const calling = (...calls: readonly (readonly [string, Readonly<Record<string, unknown>>])[]): Partial<ModelAnswer> => ({
  toolCalls: calls.map(([name, args], at): ToolCall => ({ id: `c${at}`, name, args })),
});

/** Executes with a model that gives these answers in turn. */
async function executing(answers: readonly Partial<ModelAnswer>[], over: { plan?: Partial<Plan>; files?: Readonly<Record<string, string>>; contextTokens?: number } = {}) {
  model = scriptedModel((_, call) => answers[call - 1] ?? FINISH);
  world = agentWorld(root, { ...model, facts: { ...model.facts, contextTokens: over.contextTokens ?? 200_000 } });
  const base = world.workspace.commit(over.files ?? { 'x.ts': 'one\ntwo\n' });
  world.approve(aPlan(over.plan), base);
  world.sandbox.command = () => ({ stdout: Array.from({ length: 5000 }, (_, at) => `line ${at + 1}`).join('\n'), exitCode: 1, durationMs: 1234 });
  return world.activities.execute({ requestId: 'r1', attempt: 1, feedback: [] });
}

function resultsOf(request: number): readonly ToolResult['answer'][] {
  const last = (model.requests[request] as ChatRequest).messages.at(-1);
  return last?.role === 'tools' ? last.results.map(({ answer }) => answer) : [];
}
const textOf = (answer: ToolResult['answer'] | undefined): string => (answer?.ok ? String(answer.value) : '');

describe('executing with a language model', () => {
  it('shows head and tail of a long output, keeps the whole of it, and lets it be read by lines', async () => {
    const argv = ['make', 'test'];
    const plan = { checks: { setup: null, test: 'make test' } };
    await executing([calling(['run', { argv: ['sh', '-c', 'make test'] }]), calling(['read', { path: 'output:1.1', fromLine: 3000, toLine: 3001 }]), calling(['run', { argv }], ['read', { path: 'output:9.9' }])], { plan });
    const [shown] = resultsOf(1);
    expect(textOf(shown)).toMatch(/^exit code 1 after 1\.2 s\n--- stdout\nline 1\n[^]*lines, \d+ characters left out[^]*line 5000\n\n\(This answer was cut\. The whole of it, 5002 lines, can be read at the path "output:1\.1"\.\)$/);
    expect(textOf(shown).length).toBeLessThan(25_000);
    expect(textOf(resultsOf(2)[0])).toBe('output:1.1, lines 3000-3001 of 5002\n3000\tline 2998\n3001\tline 2999');
    expect(resultsOf(3)).toEqual([
      { ok: false, code: 'COMMAND_NOT_IN_PLAN', message: 'The plan does not list the command ["make","test"]. It allows exactly: ["sh","-c","make test"]' },
      { ok: false, code: 'NOT_FOUND', message: 'No output is kept at output:9.9' },
    ]);
  });

  it('cuts what would fill a small window', async () => {
    await executing([calling(['read', { path: 'x.ts' }])], { files: { 'x.ts': 'text of a line\n'.repeat(1000) }, contextTokens: 10_000 });
    const text = textOf(resultsOf(1)[0]);
    expect(text.length).toBeLessThan(7000);
    expect(text).toContain('can be read at the path "output:1.1"');
  });

  it('answers wrong arguments, unknown tools and a finish that is too early, and goes on', async () => {
    await executing([calling(['edit', { path: 'x.ts', old: 'one' }], ['bash', {}], ['cannot', {}]), calling(['edit', { path: 'x.ts', edits: [{ old: 'one', new: 'uno' }] }], ['finish', { summary: '' }])]);
    expect(resultsOf(1)).toMatchObject([{ code: 'INVALID_INPUT' }, { code: 'TOOL_FAILED', message: 'There is no tool "bash" here' }, { code: 'INVALID_INPUT' }]);
    expect(resultsOf(2)).toMatchObject([{ ok: true, value: 'x.ts: 1 edit made, at line 1' }, { ok: false, message: expect.stringContaining('call finish on its own') }]);
    expect(model.requests).toHaveLength(3);
  });

  it('reminds a model that only talks, and gives up after two times in a row', async () => {
    const talk = { text: 'I am done.' };
    expect(await executing([talk, talk, calling(['list', {}]), talk, talk, calling(['write', { path: 'x.ts', content: 'new' }])])).toMatchObject({ kind: 'done' });
    expect(await executing([talk, talk, talk])).toMatchObject({ kind: 'failed', code: 'MODEL_OUTPUT_INVALID' });
  });

  it('gives the rules of the plan and not what the project’s have become since', async () => {
    world = agentWorld(root);
    await executing([], { plan: { rules: 'Approved rules' } });
    expect(JSON.stringify(model.requests[0]?.messages)).toContain('Approved rules');
    world.records.brief = { ...world.records.brief, project: { ...world.records.brief.project, settings: someSettings({ rules: 'Rules nobody saw' }) } };
    await world.activities.execute({ requestId: 'r1', attempt: 2, feedback: [] });
    expect(model.requests.length).toBeGreaterThan(1);
    expect(JSON.stringify(model.requests.at(-1)?.messages)).not.toContain('nobody saw');
  });

  it('says each call in words, and keeps the transcript with the result', async () => {
    const work = calling(['search', { pattern: 'tw.' }], ['read', { path: 'x.ts' }], ['edit', { path: 'x.ts', edits: [{ old: 'three', new: '' }] }], ['write', { path: 'x.ts', content: 's3cret' }], ['list', { globs: null }]);
    expect(await executing([{ ...work, text: 'Looking around.' }])).toMatchObject({ kind: 'done' });
    expect(world.lines.slice(0, 7)).toEqual([
      'scripted: read 10 tokens, wrote 5, 0.0 s',
      'the model says: Looking around.',
      'step 1: searched for tw.: 1 match in 1 file',
      'step 1: read x.ts, lines 1-2 of 2',
      'step 1: edit x.ts: refused, The edit: the text to replace is not in x.ts; no line of it is like the first one given. Nothing was changed (TOOL_FAILED)',
      'step 1: x.ts written over, 6 bytes',
      'step 1: listed 1 file',
    ]);
    const fact = world.records.facts.findLast(({ kind }) => kind === 'execution')?.data as Facts['execution'];
    const text = world.artifacts.get(fact.transcript?.sha256 ?? '') ?? '';
    expect(text.split('\n')[3]).toMatch(/^\{"step":1,"role":"tools","results":\[/);
    expect(text).not.toContain('s3cret');
    expect(fact.transcript).toMatchObject({ name: expect.stringMatching(/^transcript-execute-1-[0-9a-f]+\.jsonl$/) });
  });

  it('takes no snapshot after steps that only read', async () => {
    let snapshots = 0;
    await executing([calling(['read', { path: 'x.ts' }])]);
    const { workspace } = world;
    const counted = { ...workspace, snapshot: (...args: Parameters<typeof workspace.snapshot>) => ((snapshots += 1), workspace.snapshot(...args)) };
    const { agentActivities } = await import('./agent.activities.js');
    const answers = [calling(['read', { path: 'x.ts' }]), calling(['write', { path: 'x.ts', content: 'n' }]), calling(['list', {}])];
    const again = scriptedModel((_, call) => answers[call - 1] ?? FINISH);
    await agentActivities({ ...world.deps, model: () => again, workspaces: () => counted }).execute({ requestId: 'r1', attempt: 2, feedback: [] });
    // After the one step that writes, and for the result.
    expect(snapshots).toBe(2);
  });
});
