import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { agentActivities, materialiseTools, type ChatRequest, type ModelAnswer, type ToolResult } from '@countersign/activity-agent';
import type { Facts } from '@countersign/domain';
import { aPlan } from '@countersign/domain/testing';
import { makeGit, RequestWorkspace } from '@countersign/git';
import { DockerSandboxAdapter } from '@countersign/sandbox';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { agentWorld, type AgentWorld } from '../src/testing/agent-world.fake.js';
import { scriptedModel } from '../src/testing/language-model.fake.js';
import { buildTools } from '../src/testing/tools-build.js';

const TEST = 'node --test test.mjs';
const FILES: Readonly<Record<string, string>> = {
  'sum.mjs': 'export function sum(a, b) {\n  return a - b;\n}\n\nexport function twice(a) {\n  return a - a;\n}\n',
  'test.mjs':
    "import assert from 'node:assert';\nimport test from 'node:test';\nimport { sum, twice } from './sum.mjs';\ntest('sum', () => assert.equal(sum(2, 3), 5));\ntest('twice', () => assert.equal(twice(4), 8));\n",
  '.gitignore': 'out/\n',
  '.countersign/rules.md': 'No semicolon is optional.\n',
};

let root: string;
let base: string;
let world: AgentWorld;
let seen: (readonly ToolResult['answer'][])[];

const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@invalid', '-c', 'core.hooksPath=/dev/null', ...args], { cwd, encoding: 'utf8' });

function imageOfRun(): string {
  const image = process.env['COUNTERSIGN_SANDBOX_IMAGE'];
  if (!image) throw new Error('COUNTERSIGN_SANDBOX_IMAGE is not set: this suite has to run with the global setup of packages/testing.');
  return image;
}

const call = (...calls: readonly (readonly [string, Readonly<Record<string, unknown>>])[]): Partial<ModelAnswer> => ({
  toolCalls: calls.map(([name, args], at) => ({ id: `c${at}`, name, args })),
});
const edit = (...edits: readonly (readonly [string, string])[]): readonly [string, Readonly<Record<string, unknown>>] => [
  'edit',
  { path: 'sum.mjs', edits: edits.map(([old, replacement]) => ({ old, new: replacement })) },
];
const TESTS = ['run', { argv: ['sh', '-c', TEST] }] as const;

/** What a language model does: looks around, mends one half, sees a test fail, mends the other. */
const ANSWERS: readonly Partial<ModelAnswer>[] = [
  call(['list', {}], ['search', { pattern: 'a\\s-\\s\\w', globs: ['*.mjs'] }], ['search', { pattern: '(a+)+$', globs: ['evil.txt'], ignored: true }]),
  call(['read', { path: 'sum.mjs' }], edit(['a', 'b'])),
  call(edit(['return a - b;', 'return a + b;'])),
  call(TESTS),
  call(edit(['function twice(a) {\n  return a - a;', 'function twice(a) {\n  return a + a;'])),
  call(TESTS, ['run', { argv: ['node', '-e', 'for (let n = 0; n < 20000; n += 1) console.log("line", n)'] }]),
  call(['read', { path: 'output:6.2', fromLine: 10_003, toLine: 10_003 }]),
  call(['finish', { summary: 'Both sums add.' }]),
];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'countersign-model-int-'));
  execFileSync('chmod', ['711', root]);
  const source = join(root, 'source');
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(join(source, path, '..'), { recursive: true });
    writeFileSync(join(source, path), text);
  }
  git(source, 'init', '-q', '-b', 'main');
  git(source, 'add', '-A');
  git(source, 'commit', '-qm', 'base');
  const bare = join(root, 'bare.git');
  git(root, 'clone', '-q', '--bare', source, bare);
  base = git(source, 'rev-parse', 'HEAD').trim();
  buildTools(join(root, 'dist'));
  const toolsDir = await materialiseTools({ targetDir: join(root, 'tools'), packageDist: join(root, 'dist'), resolveFrom: join(__dirname, '..') });
  const runner = await makeGit({ homeDir: join(root, 'git-home') });
  seen = [];
  const model = scriptedModel((request: ChatRequest, at) => {
    if (request.stage === 'spec') return { output: { goal: 'g', acceptanceCriteria: ['c'], outOfScope: [] } };
    const last = request.messages.at(-1);
    if (last?.role === 'tools') seen.push(last.results.map(({ answer }) => answer));
    if (request.stage === 'plan') return { output: { summary: 's', steps: [{ title: 't', instruction: 'i', files: [{ path: 'sum.mjs', change: 'edit' }], commands: [['true']] }], notes: [] } };
    return ANSWERS[at - 3] ?? {};
  });
  const fake = agentWorld(join(root, 'unused'), model);
  const host = process.env['DOCKER_HOST'];
  const deps = {
    ...fake.deps,
    toolsDir,
    toolsImage: imageOfRun(),
    images: { imageOf: async ({ image }: { image: string | null }) => image ?? imageOfRun() },
    sandbox: new DockerSandboxAdapter({ installation: `agent-model-${process.pid}`, ...(host && { host }) }),
    workspaces: ({ requestId }: { requestId: string }) => new RequestWorkspace({ git: runner, root: join(root, 'workspaces', requestId), bare }),
    now: Date.now,
  };
  Object.assign(fake.activities, agentActivities(deps));
  world = { ...fake, deps };
}, 120_000);
afterAll(async () => {
  await world?.deps.sandbox.destroy('r1');
  rmSync(root, { recursive: true, force: true });
});

const value = (step: number, at: number): string => {
  const answer = seen[step - 1]?.[at];
  return answer?.ok ? String(answer.value) : JSON.stringify(answer);
};

describe('the tools of a language model in a real container', () => {
  it('look, edit, run, show what fails, and end with a change that passes the tests', async () => {
    const plan = await world.planned('Sums', 'Mend them', base);
    expect(plan.rules).toBe('From .countersign/rules.md:\n\nNo semicolon is optional.');
    const commands = [['node', '-e', 'for (let n = 0; n < 20000; n += 1) console.log("line", n)']];
    const [step] = plan.steps;
    world.approve(aPlan({ ...plan, steps: [{ ...(step ?? aPlan().steps[0]!), commands }], checks: { setup: null, test: TEST } }), base);
    expect(await world.activities.execute({ requestId: 'r1', attempt: 1, feedback: [] })).toMatchObject({ kind: 'done' });

    expect(value(1, 0)).toBe('4 files\n.countersign/rules.md\n.gitignore\nsum.mjs\ntest.mjs');
    expect(value(1, 1)).toBe('2 matches in 1 file\n\nsum.mjs\n2:  return a - b;\n6:  return a - a;');
    expect(value(2, 0)).toMatch(/^sum\.mjs, lines 1-7 of 7\n1\texport function sum\(a, b\) \{\n2\t {2}return a - b;\n/);
    expect(value(2, 1)).toMatch(/EDIT_NOT_UNIQUE.*in sum\.mjs \d+ times, at lines 1, 2, 5/);
    expect(value(4, 0)).toMatch(/^exit code 1 after [^]*twice/);
    expect(value(6, 0)).toMatch(/^exit code 0 after /);
    expect(value(6, 1)).toMatch(/^exit code 0 after [^]*line 0\n[^]*left out[^]*line 19999[^]*The whole of it, 20002 lines/);
    expect(value(7, 0)).toBe('output:6.2, lines 10003-10003 of 20002\n10003\tline 10000');

    const fact = world.records.facts.findLast(({ kind }) => kind === 'execution')?.data as Facts['execution'];
    expect(fact.files.map(({ path }) => path)).toEqual(['sum.mjs']);
    expect(git(root, `--git-dir=${join(root, 'workspaces/r1/git')}`, 'show', `${fact.headCommit}:sum.mjs`)).toBe((FILES['sum.mjs'] ?? '').replaceAll(' - ', ' + '));
  }, 120_000);
});
