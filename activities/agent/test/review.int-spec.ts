import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { agentActivities, materialiseTools, type AgentDeps } from '@countersign/activity-agent';
import type { Facts } from '@countersign/domain';
import { aPlan } from '@countersign/domain/testing';
import { makeGit, RequestWorkspace } from '@countersign/git';
import { DockerSandboxAdapter } from '@countersign/sandbox';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { agentWorld, type AgentWorld } from '../src/testing/agent-world.fake.js';
import { scriptedModel } from '../src/testing/language-model.fake.js';
import { buildTools } from '../src/testing/tools-build.js';

const RUN = { workflowId: 'request-r1', runId: 'run-1' };

let root: string;
let base: string;
let head: string;
let world: AgentWorld;
let sandbox: DockerSandboxAdapter;
let workspace: RequestWorkspace;

const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@invalid', '-c', 'core.hooksPath=/dev/null', ...args], { cwd, encoding: 'utf8' }).trim();

/** A review's passes and a comment's answer, each of which reads before it says anything. */
const model = scriptedModel(({ stage, messages }) => {
  const results = messages.flatMap((message) => (message.role === 'tools' ? message.results : []));
  const reads = [
    { id: 'a', name: 'read', args: { path: 'src/sum.js' } },
    { id: 'b', name: 'search', args: { pattern: 'secret', globs: ['link.txt'] } },
  ];
  if (results.length === 0) return { toolCalls: reads };
  const seen = JSON.stringify(results.map(({ answer }) => answer));
  if (stage === 'chat') return { text: seen };
  return { output: { findings: [{ path: 'src/sum.js', line: 2, severity: 'warning', confidence: 1, message: seen.includes('a - b') ? 'It subtracts' : seen.slice(0, 1500) }] } };
});

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'countersign-review-int-'));
  execFileSync('chmod', ['711', root]);
  const image = process.env['COUNTERSIGN_SANDBOX_IMAGE'];
  if (!image) throw new Error('COUNTERSIGN_SANDBOX_IMAGE is not set: this suite has to run with the global setup of packages/testing.');
  const source = join(root, 'source');
  mkdirSync(join(source, 'src'), { recursive: true });
  writeFileSync(join(source, 'src/sum.js'), 'export const sum = (a, b) =>\n  a + b;\n');
  execFileSync('ln', ['-s', '/etc/passwd', join(source, 'link.txt')]);
  git(source, 'init', '-q', '-b', 'main');
  git(source, 'add', '-A');
  git(source, 'commit', '-qm', 'base');
  base = git(source, 'rev-parse', 'HEAD');
  const bare = join(root, 'bare.git');
  git(root, 'clone', '-q', '--bare', source, bare);
  buildTools(join(root, 'dist'));
  const toolsDir = await materialiseTools({ targetDir: join(root, 'tools'), packageDist: join(root, 'dist'), resolveFrom: join(__dirname, '..') });
  const host = process.env['DOCKER_HOST'];
  sandbox = new DockerSandboxAdapter({ installation: `review-${process.pid}`, ...(host && { host }) });
  workspace = new RequestWorkspace({ git: await makeGit({ homeDir: join(root, 'git-home') }), root: join(root, 'workspaces/r1'), bare });
  await workspace.prepare();
  const folder = await workspace.checkout('work', base);
  writeFileSync(join(folder, 'src/sum.js'), 'export const sum = (a, b) =>\n  a - b;\n');
  head = (await workspace.snapshot('work', { parent: base, message: 'step', at: '2026-01-01T00:00:00Z' })).commit;
  const fake = agentWorld(join(root, 'unused'), model);
  const deps: AgentDeps = { ...fake.deps, toolsDir, toolsImage: image, sandbox, workspaces: () => workspace, now: Date.now };
  world = { ...fake, deps, activities: agentActivities(deps) };
}, 120_000);
afterAll(async () => {
  await sandbox?.destroy('r1');
  rmSync(root, { recursive: true, force: true });
});

describe('a model that reads in a real container', () => {
  it('reads the result in every pass while checks beside it prepare the workspace and remove containers', async () => {
    const diff = { sha256: 'd'.repeat(64), bytes: 1, name: 'diff.patch', mediaType: 'text/x-diff' };
    const data: Facts['execution'] = { attempt: 1, baseCommit: base, headCommit: head, tree: 't', steps: 1, diff, files: [], limitsNotEnforced: [] };
    const { id: executionId } = await world.records.putFact('r1', RUN, { kind: 'execution', key: 'e', data });
    let isOver = false;
    let removals = 0;
    const checks = async (): Promise<void> => {
      for (let round = 0; !isOver; round += 1) {
        await workspace.prepare();
        // As the checks do when they begin: once for the result, once for the base.
        if (round > 0 && removals < 2) removals += (await sandbox.destroy('r1')) > 0 ? 1 : 0;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const beside = checks();
    await world.activities.review({ requestId: 'r1', executionId }).finally(() => {
      isOver = true;
    });
    await beside;
    const fact = world.records.facts.find(({ kind }) => kind === 'modelReview')?.data as Facts['modelReview'];
    expect(fact.findings).toEqual([
      { rule: 'model:correctness+security+tests+style', severity: 'warning', confidence: 100, path: 'src/sum.js', line: 2, message: 'It subtracts' },
    ]);
    expect(removals).toBeGreaterThan(0);
    expect(await sandbox.list()).toEqual([]);
  }, 120_000);

  it('answers a comment from the commit that the plan starts from, and follows no link out of it', async () => {
    world.approve(aPlan(), base);
    const { brief } = world.records;
    world.records.brief = { ...brief, request: { ...brief.request, state: 'PLAN_REVIEW' } };
    world.records.messages = [{ id: 'w1', by: 'reviewer', text: 'What does it do?', at: '2026-01-01T00:00:00Z', answers: null }];
    await world.activities.answer({ requestId: 'r1', wordId: 'w1' });
    const [answer] = world.records.answers;
    expect(answer).toMatchObject({ wordId: 'w1', byModel: true, text: expect.stringContaining('a + b') });
    expect(answer?.text).not.toContain('root:');
    expect(await sandbox.list()).toEqual([]);
    expect(existsSync(join(root, 'workspaces/r1/chat/src/sum.js'))).toBe(true);
  }, 120_000);
});
