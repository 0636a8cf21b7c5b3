import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { agentActivities, materialiseTools } from '@countersign/activity-agent';
import { makeGit, RequestWorkspace } from '@countersign/git';
import { DockerSandboxAdapter } from '@countersign/sandbox';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';

import { agentWorld, type AgentWorld } from '../src/testing/agent-world.fake.js';
import { buildTools } from '../src/testing/tools-build.js';

let root: string;
let source: string;
let base: string;
let world: AgentWorld;

const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@invalid', '-c', 'core.autocrlf=false', '-c', 'core.hooksPath=/dev/null', ...args], { cwd, encoding: 'utf8', maxBuffer: 1 << 30 });

function imageOfRun(): string {
  const image = process.env['COUNTERSIGN_SANDBOX_IMAGE'];
  if (!image) throw new Error('COUNTERSIGN_SANDBOX_IMAGE is not set: this suite has to run with the global setup of packages/testing.');
  return image;
}

const MANIFEST = { name: 'not-ours', version: '1.0.0', dependencies: { ms: '^2.0.0' }, workspaces: ['tool'] };
const LOCK = {
  name: 'not-ours',
  version: '1.0.0',
  lockfileVersion: 3,
  requires: true,
  packages: {
    '': { name: 'not-ours', version: '1.0.0', workspaces: ['tool'], dependencies: { ms: '^2.0.0' } },
    'node_modules/ms': { version: '2.1.3', integrity: 'sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==', license: 'MIT' },
    'node_modules/tool': { resolved: 'tool', link: true },
    tool: { dependencies: { ms: '2.x' } },
  },
};
const document = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** A repository that is not ours: the source of zod as a package with a workspace and a lock file. */
function makeSource(): void {
  cpSync(join(__dirname, '../../../node_modules/zod/src'), join(source, 'src'), { recursive: true });
  cpSync(join(__dirname, '../../../node_modules/zod/LICENSE'), join(source, 'LICENSE'));
  execFileSync('mkdir', ['-p', join(source, 'tool')]);
  writeFileSync(join(source, 'package.json'), document(MANIFEST));
  writeFileSync(join(source, 'package-lock.json'), document(LOCK));
  writeFileSync(join(source, 'tool/package.json'), document({ name: 'tool', dependencies: { ms: '2.x' } }));
  writeFileSync(join(source, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  git(source, 'init', '-q', '-b', 'main');
  git(source, 'add', '-Af', '.');
  git(source, 'commit', '-qm', 'base');
}

/** Where each relative import of a checkout leads, by the compiler; undefined where nowhere. */
function importsOf(dir: string): ReadonlyMap<string, readonly (string | undefined)[]> {
  const options = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
  const paths = git(dir, 'ls-files', '-z').split('\0').filter((path) => path.endsWith('.ts'));
  return new Map(
    paths.map((path) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(join(dir, path), 'utf8'));
      const relative = importedFiles.filter(({ fileName }) => fileName.startsWith('.'));
      return [path, relative.map(({ fileName }) => ts.resolveModuleName(fileName, join(dir, path), options, ts.sys).resolvedModule?.resolvedFileName.slice(dir.length + 1))];
    }),
  );
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'countersign-recipes-int-'));
  execFileSync('chmod', ['711', root]);
  source = join(root, 'source');
  makeSource();
  const bare = join(root, 'bare.git');
  git(root, 'clone', '-q', '--bare', source, bare);
  base = git(source, 'rev-parse', 'HEAD').trim();
  buildTools(join(root, 'dist'));
  const toolsDir = await materialiseTools({ targetDir: join(root, 'tools'), packageDist: join(root, 'dist'), resolveFrom: join(__dirname, '..') });
  const runner = await makeGit({ homeDir: join(root, 'git-home') });
  const host = process.env['DOCKER_HOST'];
  const fake = agentWorld(join(root, 'unused'));
  const deps = {
    ...fake.deps,
    toolsDir,
    images: { imageOf: async () => imageOfRun() },
    toolsImage: imageOfRun(),
    sandbox: new DockerSandboxAdapter({ installation: `recipes-${process.pid}`, ...(host && { host }) }),
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

describe('recipes in a real container on a real repository', () => {
  it('moves files with every import leading where it led, sets a version that npm agrees with, and inserts', async () => {
    const moves = new Map([['src/v4/core/util.ts', 'src/kit/deep/util.ts'], ['src/v3/index.ts', 'src/old/index.ts'], ['run.sh', 'bin/run']]);
    const body = [
      ...[...moves].map(([from, to]) => `move file ${from} to ${to}`),
      'set ms to ^2.1.1 in package.json',
      'set ms to ">=2.1 <3" in tool/package.json',
      'insert "\\nAnd more." after "MIT License" in LICENSE',
    ].join('\n');
    const plan = await world.planned('Tidy up', body, base);
    expect(plan.steps.map(({ files }) => files.length)).toEqual([expect.any(Number), expect.any(Number), 2, 2, 2, 1]);
    world.approve(plan, base);
    expect(await world.activities.execute({ requestId: 'r1', attempt: 1, feedback: [] })).toMatchObject({ kind: 'done' });
    const fact = world.records.facts.findLast(({ kind }) => kind === 'execution');
    const { headCommit } = fact?.data as { headCommit: string };

    const result = join(root, 'result');
    git(root, 'clone', '-q', source, result);
    git(result, 'fetch', '-q', join(root, 'workspaces/r1/git'), headCommit);
    git(result, 'checkout', '-q', headCommit);
    const moved = (path: string | undefined): string | undefined => (path === undefined ? undefined : (moves.get(path) ?? path));
    const expected = new Map([...importsOf(source)].map(([path, targets]) => [moved(path), targets.map(moved)]));
    expect(new Map([...importsOf(result)].sort())).toEqual(new Map([...expected].sort()));
    expect(git(result, 'ls-files', '-s', 'bin/run')).toMatch(/^100755 /);
    expect(readFileSync(join(result, 'LICENSE'), 'utf8')).toContain('MIT License\nAnd more.\n');

    // What npm itself makes of the package.json, with no network: the same lock file.
    const lock = readFileSync(join(result, 'package-lock.json'), 'utf8');
    expect(lock).not.toBe(document(LOCK));
    // npm would write the addresses of whichever registry the machine uses.
    const env = { PATH: process.env['PATH'], HOME: root, npm_config_cache: join(root, 'npm-cache'), npm_config_omit_lockfile_registry_resolved: 'true' };
    execFileSync('npm', ['install', '--package-lock-only', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: result, stdio: 'pipe', env });
    expect(readFileSync(join(result, 'package-lock.json'), 'utf8')).toBe(lock);
  }, 180_000);
});
