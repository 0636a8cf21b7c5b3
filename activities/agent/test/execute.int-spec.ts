import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { agentActivities, materialiseTools } from '@countersign/activity-agent';
import { makeGit, RequestWorkspace } from '@countersign/git';
import { DockerSandboxAdapter } from '@countersign/sandbox';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';

import { agentWorld, type AgentWorld } from '../src/testing/agent-world.fake.js';
import { buildTools } from '../src/testing/tools-build.js';

const FROM = 'ZodType';
const TO = 'SchemaKind';

let root: string;
let source: string;
let bare: string;
let base: string;
let world: AgentWorld;
let sandbox: DockerSandboxAdapter;

const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@invalid', '-c', 'core.autocrlf=false', '-c', 'core.hooksPath=/dev/null', ...args], { cwd, encoding: 'utf8', maxBuffer: 1 << 30 });

function imageOfRun(): string {
  const image = process.env['COUNTERSIGN_SANDBOX_IMAGE'];
  if (!image) throw new Error('COUNTERSIGN_SANDBOX_IMAGE is not set: this suite has to run with the global setup of packages/testing.');
  return image;
}

/** A repository that is not ours: the source of zod, with some files that are awkward. */
function makeSource(): void {
  cpSync(join(__dirname, '../../../node_modules/zod/src'), source, { recursive: true });
  const extra: Record<string, string | Buffer> = {
    'odd name\n.ts': `export const x = ${FROM}; // ${FROM}\r\nconst s = "${FROM}";`,
    'docs/notes.md': `\uFEFF${FROM} ${FROM}Any é${FROM} (${FROM})`,
    'logo.bin': Buffer.from(`\0${FROM}`),
    '.hidden/-dash.js': `${FROM}.${FROM}(${FROM}Any)`,
    'ignored.log': `${FROM}\n`,
    '.gitignore': '*.log\n',
  };
  for (const [path, content] of Object.entries(extra)) {
    mkdirSync(join(source, path, '..'), { recursive: true });
    writeFileSync(join(source, path), content);
  }
  execFileSync('ln', ['-s', 'docs/notes.md', join(source, 'link.md')]);
  git(source, 'init', '-q', '-b', 'main');
  git(source, 'add', '-Af', '.');
  git(source, 'commit', '-qm', 'base');
}

/** The script that does not use our code: the compiler's identifiers in TypeScript, words elsewhere. */
function renameByScript(dir: string): void {
  for (const path of git(dir, 'ls-files', '-z').split('\0').filter((name) => name !== '' && name !== 'link.md')) {
    const bytes = readFileSync(join(dir, path));
    if (bytes.includes(0)) continue;
    let text = bytes.toString('utf8');
    if (/\.(ts|js)$/.test(path)) {
      const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
      const starts: number[] = [];
      const visit = (node: ts.Node): void => {
        if (ts.isIdentifier(node) && node.text === FROM) starts.push(node.getStart(tree));
        ts.forEachChild(node, visit);
      };
      visit(tree);
      for (const at of starts.reverse()) text = text.slice(0, at) + TO + text.slice(at + FROM.length);
    } else {
      text = text.split(/([\p{L}\p{M}\p{N}_$]+)/u).map((word) => (word === FROM ? TO : word)).join('');
    }
    writeFileSync(join(dir, path), text);
  }
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'countersign-agent-int-'));
  execFileSync('chmod', ['711', root]);
  source = join(root, 'source');
  bare = join(root, 'bare.git');
  makeSource();
  git(root, 'clone', '-q', '--bare', source, bare);
  base = git(source, 'rev-parse', 'HEAD').trim();
  buildTools(join(root, 'dist'));
  const toolsDir = await materialiseTools({ targetDir: join(root, 'tools'), packageDist: join(root, 'dist'), resolveFrom: join(__dirname, '..') });
  const runner = await makeGit({ homeDir: join(root, 'git-home') });
  const host = process.env['DOCKER_HOST'];
  sandbox = new DockerSandboxAdapter({ installation: `agent-${process.pid}`, ...(host && { host }) });
  const fake = agentWorld(join(root, 'unused'));
  const deps = {
    ...fake.deps,
    toolsDir,
    images: { imageOf: async ({ image }: { image: string | null }) => image ?? imageOfRun() },
    installed: async () => undefined,
    toolsImage: imageOfRun(),
    sandbox,
    workspaces: ({ requestId }: { requestId: string }) => new RequestWorkspace({ git: runner, root: join(root, 'workspaces', requestId), bare }),
    now: Date.now,
  };
  const activities = agentActivities(deps);
  Object.assign(fake.activities, activities);
  world = { ...fake, deps };
}, 120_000);
afterAll(async () => {
  await world?.deps.sandbox.destroy('r1');
  rmSync(root, { recursive: true, force: true });
});

describe('an execution in a real container on a real repository', () => {
  it('changes byte for byte what a script changes that does not use our code', async () => {
    const plan = await world.planned('One name', `rename ${FROM} to ${TO}\nadd file docs/new.log\n\`\`\`\nnew\n\`\`\`\ndelete file logo.bin`, base);
    expect(plan.notes).toEqual(expect.arrayContaining([expect.stringContaining('logo.bin'), expect.stringContaining('link.md')]));
    world.approve(plan, base);
    expect(await world.activities.execute({ requestId: 'r1', attempt: 1, feedback: [] })).toMatchObject({ kind: 'done' });
    const fact = world.records.facts.findLast(({ kind }) => kind === 'execution');
    const { headCommit, tree, diff } = fact?.data as { headCommit: string; tree: string; diff: { sha256: string } };

    const script = join(root, 'script');
    git(root, 'clone', '-q', source, script);
    renameByScript(script);
    writeFileSync(join(script, 'docs/new.log'), 'new\n');
    rmSync(join(script, 'logo.bin'));
    git(script, 'add', '-A');
    git(script, 'add', '-f', 'docs/new.log');
    expect(git(script, 'write-tree').trim()).toBe(tree);
    const patch = git(script, 'diff', '--cached', '--binary', '--full-index', '--no-renames', '--no-color');
    expect(world.artifacts.get(diff.sha256)).toBe(patch);
    const gitDir = join(root, 'workspaces/r1/git');
    expect(git(root, `--git-dir=${gitDir}`, 'log', '-1', '--format=%P%n%s%n%(trailers)', headCommit)).toBe(`${base}\nOne name\nCountersign-Request: r1\n\n`);
  }, 120_000);

  it('makes the same commit again after everything of it was lost but the journal', async () => {
    const before = world.records.facts.findLast(({ kind }) => kind === 'execution');
    rmSync(join(root, 'workspaces/r1/agent'), { recursive: true, force: true });
    expect(await world.activities.execute({ requestId: 'r1', attempt: 1, feedback: [] })).toEqual({ kind: 'done', factId: before?.id });
  }, 120_000);

  it('ends the container when it is cancelled', async () => {
    const abort = new AbortController();
    world.records.feedbackTexts = { c1: 'add file z.txt\n```\n```\ndelete file z.txt' };
    const deps = { ...world.deps, signal: () => abort.signal, log: () => ({ append: () => abort.abort(new Error('cancelled')) }) };
    await expect(agentActivities(deps).execute({ requestId: 'r1', attempt: 3, feedback: ['c1'] })).rejects.toThrow('cancelled');
    expect(await sandbox.list()).toEqual([]);
  }, 120_000);
});
