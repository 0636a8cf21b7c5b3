import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { AppError, type Facts } from '@countersign/domain';
import { someSettings } from '@countersign/domain/testing';
import { planSchema } from '@countersign/domain/schema';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { agentWorld, type AgentWorld } from './testing/agent-world.fake.js';
import { scriptedModel } from './testing/language-model.fake.js';

let root: string;
let world: AgentWorld;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign-plan-'));
  world = agentWorld(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const say = (title: string, body = ''): void => {
  const { brief } = world.records;
  world.records.brief = { ...brief, request: { ...brief.request, title, body } };
};
const cannotFact = (): Facts['cannot'] => world.records.facts.findLast((fact) => fact.kind === 'cannot')?.data as Facts['cannot'];

describe('writeSpec', () => {
  it('says the changes back, with criteria, and leaves the rest out of scope', async () => {
    say('rename a to b', 'Because a is too short.');
    const result = await world.activities.writeSpec({ requestId: 'r1', feedback: [] });
    expect(result).toMatchObject({ kind: 'written' });
    expect(world.records.facts[0]?.data).toMatchObject({
      author: 'offline',
      spec: { goal: 'rename a to b\n\nrename a to b', acceptanceCriteria: [expect.stringMatching(/No occurrence of a is left/)], outOfScope: [expect.anything(), expect.anything(), expect.stringContaining('too short')] },
    });
  });

  it('answers the same fact a second time without asking the model again', async () => {
    const model = scriptedModel(() => ({ output: { goal: 'g', acceptanceCriteria: ['c'], outOfScope: [] } }));
    world = agentWorld(root, model);
    const first = await world.activities.writeSpec({ requestId: 'r1', feedback: [] });
    expect(await world.activities.writeSpec({ requestId: 'r1', feedback: [] })).toEqual(first);
    expect(model.requests).toHaveLength(1);
  });

  it('says what it cannot do', async () => {
    say('Make it faster');
    expect(await world.activities.writeSpec({ requestId: 'r1', feedback: [] })).toMatchObject({ kind: 'cannot', code: 'MODEL_CANNOT' });
    expect(cannotFact().message).toContain('rename <identifier> to <identifier>');
  });

  it('refuses an output that breaks the schema', async () => {
    world = agentWorld(root, scriptedModel(() => ({ output: { goal: '' } })));
    expect(await world.activities.writeSpec({ requestId: 'r1', feedback: [] })).toMatchObject({ kind: 'cannot', code: 'MODEL_OUTPUT_INVALID' });
  });

  it('stops before a call that a budget does not allow', async () => {
    world.records.brief = { ...world.records.brief, limits: { tokens: 10, costMicros: null, wallClockMs: null, attempts: 3 }, usage: { tokens: 10, costMicros: 0, wallClockMs: 0, attempts: 0 } };
    expect(await world.activities.writeSpec({ requestId: 'r1', feedback: [] })).toEqual({ kind: 'budget', exceeded: 'tokens' });
  });
});

describe('writePlan', () => {
  it('plans exactly what will change, step by step, with our own risk and the project’s checks', async () => {
    const base = world.workspace.commit({ 'a.ts': 'foo(foo); "foo"', 'b.md': 'foo', 'package.json': '{"foo": 1}', 'x.bin': Buffer.from([0]) });
    const settings = someSettings({ testCommand: 'npm test', image: 'node:24' });
    world.records.brief = { ...world.records.brief, project: { ...world.records.brief.project, settings } };
    const plan = await world.planned('Names', 'rename foo to bar\ndelete file b.md', base);
    expect(planSchema.parse(plan)).toEqual(plan);
    expect(plan).toMatchObject({
      summary: '2 deterministic changes by the offline model: 3 files, 4 places.',
      steps: [
        { title: 'rename foo to bar', files: [{ path: 'a.ts', change: 'edit', places: 2 }, { path: 'b.md', places: 1 }, { path: 'package.json', places: 1 }] },
        { title: 'delete file b.md', files: [{ path: 'b.md', change: 'delete' }] },
      ],
      risk: { level: 'medium', reasons: ['Touches dependency files: package.json', 'Deletes 1 file: b.md'] },
      checks: { setup: null, test: 'npm test' },
      commands: 'plan',
      author: 'offline',
      notes: ['Skipped 1 (not UTF-8 text): x.bin.'],
    });
    expect(world.sandbox.specs).toMatchObject([{ name: 'countersign-r1-agent', image: 'tools:1', workspaceReadOnly: true, mounts: [{ source: '/tools', target: '/opt/countersign', readOnly: true }] }]);
    expect(world.sandbox.running.size).toBe(0);
    expect(world.lines[0]).toBe('planning: rename foo to bar: 4 places in 3 files; delete file b.md: deleted');
  });

  it('shows what the network rules let the sandbox reach to those who approve', async () => {
    const base = world.workspace.commit({ 'a.ts': 'foo' });
    const rule = { host: 'npm.example.org', port: 443, methods: ['GET', 'HEAD'], tunnel: false, credential: null };
    const settings = someSettings({ egress: { setup: [rule, { ...rule, host: '*.cdn.org', tunnel: true }], execute: [rule] } });
    world.records.brief = { ...world.records.brief, project: { ...world.records.brief.project, settings } };
    expect((await world.planned('Names', 'rename foo to bar', base)).notes).toEqual([
      'Network while setting up: npm.example.org:443 (GET, HEAD); *.cdn.org:443 (tunnel, not inspected)',
      'Network while executing and testing: npm.example.org:443 (GET, HEAD)',
    ]);
  });

  it('plans nothing with network rules that no sandbox could be opened with', async () => {
    const base = world.workspace.commit({ 'a.ts': 'foo' });
    world.egress.check = async () => {
      throw new AppError('EGRESS_REFUSED', 'The network rule for a.org names the credential npm, which this installation does not have');
    };
    await expect(world.planned('x', 'rename foo to bar', base)).rejects.toThrow('EGRESS_REFUSED');
    expect(cannotFact()).toMatchObject({ code: 'EGRESS_REFUSED', message: expect.stringContaining('the credential npm') });
    expect(world.sandbox.specs).toEqual([]);
  });

  it.each([
    ['rename foo to bar', { 'a.ts': 'foo; bar' }, 'RENAME_TARGET_TAKEN', /a\.ts:1/],
    ['rename nope to bar', { 'a.ts': 'foo' }, 'NOTHING_TO_CHANGE', /identifier nope was not found/],
    ['add file a.ts\n```\n```', { 'a.ts': 'foo' }, 'ALREADY_EXISTS', /a\.ts exists already/],
    ['delete file z', { 'a.ts': 'foo' }, 'NOT_FOUND', /z is not a tracked file/],
  ])('refuses %j with its reason', async (body, files, code, message) => {
    const base = world.workspace.commit(files as Record<string, string>);
    await expect(world.planned('x', body, base)).rejects.toThrow(code);
    expect(cannotFact()).toMatchObject({ code, message: expect.stringMatching(message), understood: [body] });
  });

  it('adds the recipes of feedback, also when the spec has taken them in', async () => {
    const base = world.workspace.commit({ 'a.ts': 'foo; baz' });
    world.records.feedbackTexts = { c1: 'Also, please:\nrename baz to qux' };
    await world.planned('x', 'rename foo to bar', base);
    const [specFact, baseFact] = [world.records.facts.find((fact) => fact.kind === 'spec'), world.records.facts.find((fact) => fact.kind === 'base')];
    const result = await world.activities.writePlan({ requestId: 'r1', specId: specFact?.id ?? '', baseId: baseFact?.id ?? '', feedback: ['c1'] });
    expect(result).toMatchObject({ kind: 'written' });
    expect((world.records.facts.at(-1)?.data as Facts['plan']).plan.steps.map((step) => step.title)).toEqual(['rename foo to bar', 'rename baz to qux']);
  });

  it('says what it waits for while no engine answers, and goes on', async () => {
    const base = world.workspace.commit({ 'a.ts': 'foo' });
    world.sandbox.isDown = true;
    await expect(world.planned('x', 'rename foo to bar', base)).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
    expect(world.records.waiting.at(-1)).toContain('No container engine');
    world.sandbox.isDown = false;
    await world.planned('x', 'rename foo to bar', base);
    expect(world.records.waiting.at(-1)).toBeNull();
  });

  it('gives a model no tool that writes or runs', async () => {
    const base = world.workspace.commit({ 'a.ts': 'foo' });
    const output = { summary: 's', steps: [{ title: 't', instruction: 'i', files: [], commands: [] }], notes: [] };
    world = agentWorld(root, scriptedModel(({ stage, messages }) => {
      if (stage === 'spec') return { output: { goal: 'g', acceptanceCriteria: ['c'], outOfScope: [] } };
      if (messages.length > 2) return { output };
      return { toolCalls: [{ id: '1', name: 'write', args: { path: 'a.ts', content: '' } }, { id: '2', name: 'run', args: { argv: ['ls'] } }, { id: '3', name: 'recipe', args: { instructions: ['rename foo to bar'], dryRun: false } }] };
    }));
    world.workspace.commit({ 'a.ts': 'foo' });
    await world.planned('x', 'y', base);
    expect(world.sandbox.execs.map(({ stdin }) => (JSON.parse(stdin ?? '') as { args: unknown }).args)).toEqual([{ instructions: ['rename foo to bar'], dryRun: true }]);
  });
});
