import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Facts } from '@countersign/domain';
import { aGateEvidence, aPlan, anEvidence, someSettings } from '@countersign/domain/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { agentWorld, type AgentWorld } from './testing/agent-world.fake.js';
import { scriptedModel } from './testing/language-model.fake.js';

let root: string;
let world: AgentWorld;
let base: string;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'countersign-execute-'));
  world = agentWorld(root);
  base = world.workspace.commit({ 'a.ts': 'foo; "foo"', 'b.ts': 'foo', 'old.txt': 'x' });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const BODY = 'rename foo to bar\nadd file n.ts\n```\nbar\n```\ndelete file old.txt';
const RESULT = { 'a.ts': 'bar; "foo"', 'b.ts': 'bar', 'n.ts': 'bar\n' };

async function approved(): Promise<void> {
  world.approve(await world.planned('Names', BODY, base), base);
}
const execute = (attempt = 1, feedback: readonly string[] = []) => world.activities.execute({ requestId: 'r1', attempt, feedback });
const execution = (): Facts['execution'] => world.records.facts.findLast((fact) => fact.kind === 'execution')?.data as Facts['execution'];
const cannot = (): Facts['cannot'] => world.records.facts.findLast((fact) => fact.kind === 'cannot')?.data as Facts['cannot'];

describe('execute', () => {
  it('carries the plan out as one commit on the base and says each step', async () => {
    await approved();
    expect(await execute()).toMatchObject({ kind: 'done' });
    const { headCommit, baseCommit, steps, files, diff, limitsNotEnforced } = execution();
    expect(world.workspace.texts(headCommit)).toEqual(RESULT);
    expect({ baseCommit, steps, limitsNotEnforced }).toEqual({ baseCommit: base, steps: 3, limitsNotEnforced: ['disk'] });
    expect(files.map((file) => file.path)).toEqual(['a.ts', 'b.ts', 'n.ts', 'old.txt']);
    expect(world.artifacts.get(diff.sha256)).toContain('edit a.ts');
    expect(world.lines.slice(-4)).toEqual([
      'step 1/3: rename foo to bar: 2 places in 2 files',
      'step 2/3: add file n.ts: added',
      'step 3/3: delete file old.txt: deleted',
      'done: 4 files changed',
    ]);
    expect(world.sandbox.running.size).toBe(0);
    expect(world.beats).toEqual(expect.arrayContaining([1, 2, 3, 4]));
  });

  it('answers the same fact when it is called again, without a call or a tool', async () => {
    await approved();
    const first = await execute();
    const execs = world.sandbox.execs.length;
    expect(await execute()).toEqual(first);
    expect(world.sandbox.execs).toHaveLength(execs);
  });

  it('does nothing without an approval of exactly these bytes', async () => {
    await approved();
    const { subjects } = world.records.brief;
    world.records.brief = { ...world.records.brief, subjects: subjects.map((subject) => ({ ...subject, text: subject.text.replace('n.ts', 'm.ts') })) };
    expect(await execute()).toEqual({ approvalLost: 'plan', code: 'STALE_DIGEST' });
    world.records.brief = { ...world.records.brief, subjects: [] };
    expect(await execute()).toMatchObject({ approvalLost: 'plan' });
    world.evidence.evidence = anEvidence({ gates: [aGateEvidence({ gate: 'plan' })] });
    expect(await execute()).toEqual({ approvalLost: 'spec', code: 'GATE_NOT_PASSED' });
    expect(world.journal.runs.size).toBe(2);
  });

  it('refuses a plan of another request', async () => {
    world.approve(aPlan(), base, { request: { id: 'r2', title: 'x' } });
    await expect(execute()).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('fails where the result touches what the plan does not allow', async () => {
    world = agentWorld(root, scriptedModel((_, call) => ({ toolCalls: call === 1 ? [{ id: '1', name: 'write', args: { path: 'evil.ts', content: 'x' } }] : [{ id: '2', name: 'finish', args: { summary: '' } }] })));
    base = world.workspace.commit({ 'x.ts': 'a' });
    world.approve(aPlan(), base);
    expect(await execute()).toMatchObject({ kind: 'failed', code: 'PATH_NOT_IN_PLAN' });
    expect(cannot().message).toContain('evil.ts');
  });

  it('fails where nothing differs from the base', async () => {
    world = agentWorld(root, scriptedModel(() => ({ toolCalls: [{ id: '2', name: 'finish', args: { summary: '' } }] })));
    base = world.workspace.commit({ 'x.ts': 'a' });
    world.approve(aPlan(), base);
    expect(await execute()).toMatchObject({ kind: 'failed', code: 'NOTHING_TO_CHANGE' });
  });

  it('runs the plan’s commands and the project’s own, in another container with the project’s image, and no others', async () => {
    const argvs = [['make', 'fmt'], ['make', 'fmt; rm -rf /'], ['sh', '-c', 'npm test'], ['sh', '-c', 'npm test; x']];
    world = agentWorld(root, scriptedModel((_, call) => ({ toolCalls: call === 1 ? argvs.map((argv, id) => ({ id: `${id}`, name: 'run', args: { argv } })) : [{ id: 'f', name: 'finish', args: { summary: '' } }] })));
    world.records.brief = { ...world.records.brief, project: { ...world.records.brief.project, settings: someSettings({ image: 'node:24', env: { CI: '1' } }) } };
    world.sandbox.command = (_, workspace) => {
      writeFileSync(join(workspace, 'x.ts'), 'changed');
      return { exitCode: 3 };
    };
    base = world.workspace.commit({ 'x.ts': 'a' });
    const plan = aPlan({ checks: { setup: null, test: 'npm test' } });
    world.approve({ ...plan, steps: plan.steps.map((step) => ({ ...step, commands: [['make', 'fmt']] })) }, base);
    expect(await execute()).toMatchObject({ kind: 'done' });
    expect(world.sandbox.execs.map(({ name, argv, env }) => ({ name, argv, env }))).toEqual(
      [['make', 'fmt'], ['sh', '-c', 'npm test']].map((argv) => ({ name: 'countersign-r1-agent-project', argv, env: { CI: '1' } })),
    );
    expect(world.sandbox.specs.at(-1)).toMatchObject({ image: 'node:24', mounts: [] });
    expect(world.lines.filter((line) => line.includes('COMMAND_NOT_IN_PLAN'))).toHaveLength(2);
    expect(world.workspace.texts(execution().headCommit)).toEqual({ 'x.ts': 'changed' });
  });

  it('brings what package managers downloaded to the project’s commands, and not to the tools', async () => {
    const cache = { folder: '/nowhere/agent-cache', env: { PIP_CACHE_DIR: '/cache/pip' } };
    world = agentWorld(root, scriptedModel((_, call) => ({ toolCalls: call === 1 ? [{ id: '1', name: 'run', args: { argv: ['sh', '-c', 'npm test'] } }] : [{ id: 'f', name: 'finish', args: { summary: '' } }] })));
    world.sandbox.command = () => ({});
    base = world.workspace.commit({ 'x.ts': 'a' });
    world.approve(aPlan({ checks: { setup: null, test: 'npm test' } }), base);
    const { agentActivities } = await import('./agent.activities.js');
    await agentActivities({ ...world.deps, installed: async () => cache }).execute({ requestId: 'r1', attempt: 1, feedback: [] });
    expect(world.sandbox.specs.map((spec) => ({ name: spec.name, cache: spec.cache }))).toEqual([
      { name: 'countersign-r1-agent', cache: undefined },
      { name: 'countersign-r1-agent-project', cache },
    ]);
  });

  it('asks for what setup installed on the base, and goes on without it', async () => {
    const model = scriptedModel((_, call) => ({ toolCalls: [call === 1 ? { id: '1', name: 'write', args: { path: 'x.ts', content: 'b' } } : { id: 'f', name: 'finish', args: { summary: '' } }] }));
    world = agentWorld(root, model);
    base = world.workspace.commit({ 'x.ts': 'a' });
    world.approve(aPlan(), base);
    const orders: object[] = [];
    const installed = async ({ folder, base: from, commit }: { folder: string; base: string; commit: string }): Promise<never> => {
      orders.push({ folder, from, commit });
      throw new Error('no space left');
    };
    const { agentActivities } = await import('./agent.activities.js');
    expect(await agentActivities({ ...world.deps, installed }).execute({ requestId: 'r1', attempt: 1, feedback: [] })).toMatchObject({ kind: 'done' });
    expect(orders).toEqual([{ folder: 'agent', from: base, commit: base }]);
  });

  it('stops before the call that would pass a budget, and goes on there once it is raised', async () => {
    const usage = { inputTokens: 10_000, outputTokens: 500, cachedInputTokens: 0, costMicros: 100 };
    const model = scriptedModel((_, call) => ({ usage, toolCalls: call < 4 ? [{ id: `${call}`, name: 'write', args: { path: 'x.ts', content: `${call}` } }] : [{ id: 'f', name: 'finish', args: { summary: '' } }] }));
    world = agentWorld(root, model);
    base = world.workspace.commit({ 'x.ts': 'a' });
    // Every attempt is used up while the last one runs: that must not stop it.
    const used = { tokens: 0, costMicros: 0, wallClockMs: 0, attempts: 3 };
    // Two calls use 21,000; the third would pass 25,000 and is not made.
    const limits = { tokens: 25_000, costMicros: null, wallClockMs: null, attempts: 3 };
    world.records.brief = { ...world.records.brief, limits, usage: used };
    world.approve(aPlan(), base);
    expect(await execute()).toEqual({ kind: 'budget', exceeded: 'tokens' });
    expect(model.requests).toHaveLength(2);
    expect(world.lines.at(-1)).toMatch(/^stopped before a call of about 11,\d{3} tokens: 21,000 of 25,000 are used$/);
    world.records.brief = { ...world.records.brief, limits: { ...limits, tokens: 100_000 } };
    expect(await execute()).toMatchObject({ kind: 'done' });
    expect(model.requests).toHaveLength(4);
    expect(world.workspace.texts(execution().headCommit)).toEqual({ 'x.ts': '3' });
  });

  it('keeps the journal when it is cancelled, stops the sandbox and goes on later', async () => {
    await approved();
    const reason = new Error('cancelled by a person');
    let calls = 0;
    world.sandbox.before = () => {
      if ((calls += 1) === 2) world.abort.abort(reason);
    };
    await expect(execute()).rejects.toBe(reason);
    expect(world.sandbox.running.size).toBe(0);
    const later = { ...world.deps, signal: () => new AbortController().signal };
    world.sandbox.before = () => {};
    const { agentActivities } = await import('./agent.activities.js');
    expect(await agentActivities(later).execute({ requestId: 'r1', attempt: 1, feedback: [] })).toMatchObject({ kind: 'done' });
    expect(world.workspace.texts(execution().headCommit)).toEqual(RESULT);
    expect(world.lines).toContain('going on after step 1');
  });

  it('lets a worker that was overtaken write nothing more', async () => {
    await approved();
    let calls = 0;
    world.sandbox.before = async () => {
      if ((calls += 1) === 2) await world.journal.acquireLease('r1', [...world.journal.runs.keys()].find((key) => key.includes('execute'))?.split(' ')[1] ?? '');
    };
    await expect(execute()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(world.records.facts.some((fact) => fact.kind === 'execution')).toBe(false);
  });

  it('says what it waits for while no engine answers', async () => {
    await approved();
    world.sandbox.isDown = true;
    await expect(execute()).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
    expect(world.records.waiting.at(-1)).toContain('No container engine');
    world.sandbox.isDown = false;
    expect(await execute()).toMatchObject({ kind: 'done' });
    expect(world.records.waiting.at(-1)).toBeNull();
  });
});

describe('a further attempt', () => {
  it('makes the recipes of the feedback on the earlier result, still as one commit on the base', async () => {
    await approved();
    await execute();
    world.records.feedbackTexts = { c1: 'replace "bar" with "baz" in b.ts' };
    expect(await execute(2, ['c1'])).toMatchObject({ kind: 'done' });
    expect(world.workspace.texts(execution().headCommit)).toEqual({ ...RESULT, 'b.ts': 'baz' });
    expect(execution()).toMatchObject({ attempt: 2, baseCommit: base });
  });

  it('comes to the same commit where there is nothing to add', async () => {
    await approved();
    await execute();
    const { headCommit } = execution();
    expect(await execute(2)).toMatchObject({ kind: 'done' });
    expect(execution()).toMatchObject({ attempt: 2, headCommit });
  });

  it('says that it cannot mend a failing check', async () => {
    await approved();
    await execute();
    world.records.feedbackTexts = { log: 'FAIL a.test\nrename foo to evil\nexit code 1' };
    expect(await execute(2, ['log'])).toMatchObject({ kind: 'cannot', code: 'MODEL_CANNOT' });
    expect(cannot().message).toMatch(/cannot mend.*deterministic changes only/);
  });

  it('starts from the base where the earlier result was made from another plan', async () => {
    await approved();
    await execute();
    const step = { title: 't', instruction: 'rename foo to qux in a.ts', files: [{ path: 'a.ts', change: 'edit' as const }], commands: [] };
    world.approve(aPlan({ steps: [step] }), base);
    expect(await execute(2)).toMatchObject({ kind: 'done' });
    expect(world.workspace.texts(execution().headCommit)).toEqual({ 'a.ts': 'qux; "foo"', 'b.ts': 'foo', 'old.txt': 'x' });
  });
});
