import { chmod, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';

import type { CheckResult, Facts } from '@countersign/domain';
import { sha256Hex } from '@countersign/domain/digest';
import { someSettings } from '@countersign/domain/testing';
import { egressBrokers } from '@countersign/egress';
import { TreeCache, type Git } from '@countersign/git';
import { aGit, aRepository, type TestRepository } from '@countersign/git/testing';
import { DockerSandboxAdapter } from '@countersign/sandbox';
import { aBriefing, fakeRequestRecords } from '@countersign/workflow-contracts/testing';

import { DEFAULT_CHECK_LIMITS, DependencyCache, diskWorkspaces, sandboxActivities } from '../src/index.js';

jest.setTimeout(120_000);

const RUN = { workflowId: 'request-r1', runId: 'run-1' };
const IMAGE = process.env['COUNTERSIGN_SANDBOX_IMAGE'] ?? '';
const HOST = process.env['DOCKER_HOST'];
/** Stands in for npm: each run installs something else. */
const NPM = `#!/bin/sh
rm -rf node_modules && mkdir -p node_modules/dep node_modules/.bin && date +%s%N > node_modules/dep/made
ln -s ../dep/made node_modules/.bin/made && ln -s /etc/passwd node_modules/outside && mkfifo node_modules/pipe
cp node_modules/dep/made node_modules/odd && chmod 4755 node_modules/odd
`;
const TEST = 'cat node_modules/.bin/made; ls -l node_modules; echo hostile > node_modules/dep/made';

let git: Git;
let dir: string;
let remove: () => Promise<void>;
let source: TestRepository;
let sandbox: DockerSandboxAdapter;
let base: string;

beforeAll(async () => {
  if (IMAGE === '') throw new Error('COUNTERSIGN_SANDBOX_IMAGE is not set: this suite has to run with the global setup of packages/testing.');
  ({ git, dir, remove } = await aGit());
  source = await aRepository(git, join(dir, 'source'), { '.gitignore': '/node_modules\n', 'package.json': '{}', 'bin/npm': NPM, 'src/index.js': '1' });
  await chmod(join(source.path, 'bin/npm'), 0o755);
  base = await source.commit({});
  sandbox = new DockerSandboxAdapter({ installation: `cache-${process.pid}`, ...(HOST && { host: HOST }) });
});
beforeEach(() => rm(join(dir, 'dependencies'), { recursive: true, force: true }));
afterAll(async () => {
  await sandbox.destroy('r1');
  await remove();
});

/** One request's check; `setup`, and what its test read from the installed file. */
async function check(head: string, from = base): Promise<{ verdict: string; setup: CheckResult | undefined; ran: string[]; read: string; listed: string }> {
  const brief = aBriefing();
  const settings = someSettings({ setupCommand: 'npm ci', testCommand: TEST, env: { PATH: '/workspace/bin:/usr/local/bin:/usr/bin:/bin' } });
  const records = fakeRequestRecords({ ...brief, project: { ...brief.project, bare: join(dir, 'source', '.git'), settings } });
  const diff = { sha256: 'c'.repeat(64), bytes: 1, name: 'patch', mediaType: 'text/x-diff' };
  const data = { attempt: 1, baseCommit: from, headCommit: head, tree: head, steps: 1, diff, files: [], limitsNotEnforced: [] };
  const { id: executionId } = await records.putFact('r1', RUN, { kind: 'execution', key: 'execution', data });
  const logs = new Map<string, string>();
  const activities = sandboxActivities({
    records,
    sandbox,
    egress: egressBrokers({ dir: join(dir, 'egress'), credentialsFile: join(dir, 'egress.json'), privateHosts: [] }),
    workspaces: diskWorkspaces({ git, dataDir: join(dir, 'data') }),
    artifacts: {
      put: async (bytes, about) => {
        logs.set(about.name, Buffer.from(bytes).toString());
        return { sha256: sha256Hex(bytes), bytes: bytes.length, ...about };
      },
    },
    log: () => ({ append: async () => undefined }),
    redact: (text) => text,
    dependencies: new DependencyCache(new TreeCache({ dir: join(dir, 'dependencies'), maxBytes: 1e9, minBytes: 0 })),
    images: { imageOf: async () => IMAGE },
    limits: { ...DEFAULT_CHECK_LIMITS, commandTimeoutMs: 20_000 },
    run: () => RUN,
    signal: () => undefined,
    heartbeat: () => undefined,
  });
  const { factId, verdict } = await activities.check({ requestId: 'r1', executionId });
  const fact = records.facts.find(({ id }) => id === factId)?.data as Facts['checks'];
  const ran = [...logs.keys()].filter((name) => name.endsWith('-setup.log'));
  const listed = logs.get('check-test.log') ?? '';
  return { verdict, setup: fact.results[0], ran, listed, read: /^\d{15,}$/m.exec(listed)?.[0] ?? '' };
}

describe('the dependency cache', () => {
  it('is written by the run on the base, and spares the change and the next request their own', async () => {
    const head = await source.commit({ 'src/index.js': '2' });
    const first = await check(head);
    expect(first).toMatchObject({ verdict: 'passed', ran: ['check-base-setup.log'], setup: { status: 'passed', note: expect.stringMatching(/^from the cache of .* UTC, base [0-9a-f]{12}$/) } });
    const second = await check(await source.commit({ 'src/index.js': '3' }));
    // What the first one's tests wrote went with its folder.
    expect(second).toMatchObject({ verdict: 'passed', ran: [], read: first.read });
    expect(first.read).not.toBe('');
    expect(second.listed).toMatch(/^-rwxr-xr-x .* odd$/m);
    expect(second.listed).toMatch(/^lrwx.* outside -> \/etc\/passwd$/m);
    expect(second.listed).not.toContain('pipe');
  });

  it('is not used by a change of what is installed, and not written by it either', async () => {
    const kept = (await check(base)).read;
    const head = await source.commit({ 'src/index.js': '1', 'package.json': '{"name":"x"}' });
    const changed = await check(head);
    expect(changed).toMatchObject({ verdict: 'passed', ran: ['check-setup.log'], setup: { note: '' } });
    expect(changed.read).not.toBe(kept);
    expect((await check(base)).read).toBe(kept);
  });

  it('follows no link that a change put in its way', async () => {
    await check(base);
    await source.run('checkout', '-q', base);
    await symlink('/etc', join(source.path, 'node_modules'));
    await source.run('add', '-f', 'node_modules');
    const head = await source.commit({});
    await rm(join(source.path, 'node_modules'));
    expect(await check(head)).toMatchObject({ verdict: 'passed', ran: ['check-setup.log'] });
    expect(await readdir('/etc')).not.toContain('dep');
  });

  it('keeps nothing of a project whose install runs a script of its own', async () => {
    await source.run('checkout', '-q', base);
    const own = await source.commit({ 'package.json': '{"scripts":{"prepare":"make"}}' });
    for (let time = 0; time < 2; time += 1) expect((await check(own, own)).ran).toEqual(['check-base-setup.log', 'check-setup.log']);
    expect(await readdir(join(dir, 'dependencies')).catch(() => [])).toEqual([]);
  });
});
