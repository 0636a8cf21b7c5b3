import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import type { Facts, ProjectSettings } from '@countersign/domain';
import { someSettings } from '@countersign/domain/testing';
import { TreeCache, type Git } from '@countersign/git';
import { aGit, aRepository, type TestRepository } from '@countersign/git/testing';
import { DockerSandboxAdapter } from '@countersign/sandbox';
import { sha256Hex } from '@countersign/domain/digest';
import { egressBrokers } from '@countersign/egress';
import { aBriefing, fakeRequestRecords, type FakeRequestRecords } from '@countersign/workflow-contracts/testing';

import { DEFAULT_CHECK_LIMITS, DependencyCache, diskWorkspaces, sandboxActivities, type SandboxDeps } from '../src/index.js';

jest.setTimeout(120_000);

const RUN = { workflowId: 'request-r1', runId: 'run-1' };
const IMAGE = process.env['COUNTERSIGN_SANDBOX_IMAGE'] ?? '';
const HOST = process.env['DOCKER_HOST'];

describe('sandbox.check on a real engine and real git', () => {
  let git: Git;
  let dir: string;
  let remove: () => Promise<void>;
  let source: TestRepository;
  let sandbox: DockerSandboxAdapter;
  let base: string;
  beforeAll(async () => {
    if (IMAGE === '') throw new Error('COUNTERSIGN_SANDBOX_IMAGE is not set: this suite has to run with the global setup of packages/testing.');
    ({ git, dir, remove } = await aGit());
    source = await aRepository(git, join(dir, 'source'), { 'sum.js': 'exports.sum = (a, b) => a + b;\n', 'dash -n': 'x' });
    base = await source.run('rev-parse', 'HEAD');
    sandbox = new DockerSandboxAdapter({ installation: `check-${process.pid}`, ...(HOST && { host: HOST }) });
  });
  afterAll(async () => {
    await sandbox.destroy('r1');
    await remove();
  });

  const aCheck = async (head: string, settings: Partial<ProjectSettings>) => {
    const brief = aBriefing();
    const project = { ...brief.project, bare: join(dir, 'source', '.git'), settings: someSettings(settings) };
    const records: FakeRequestRecords = fakeRequestRecords({ ...brief, project });
    const diff = { sha256: 'c'.repeat(64), bytes: 1, name: 'patch', mediaType: 'text/x-diff' };
    const data = { attempt: 1, baseCommit: base, headCommit: head, tree: head, steps: 1, diff, files: [], limitsNotEnforced: [] };
    const { id: executionId } = await records.putFact('r1', RUN, { kind: 'execution', key: 'execution', data });
    const stop = new AbortController();
    const logs = new Map<string, string>();
    const deps: SandboxDeps = {
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
      images: { imageOf: async ({ image }) => image ?? IMAGE },
      limits: { ...DEFAULT_CHECK_LIMITS, commandTimeoutMs: 20_000 },
      run: () => RUN,
      signal: () => stop.signal,
      heartbeat: () => undefined,
    };
    const activities = sandboxActivities(deps);
    const run = async () => {
      const result = await activities.check({ requestId: 'r1', executionId });
      return { ...result, fact: records.facts.find(({ id }) => id === result.factId)?.data as Facts['checks'] };
    };
    return { run, activities, records, stop, logs };
  };
  const TEST = `node -e 'if (require("./sum.js").sum(1, 2) !== 3) { console.error("wrong sum"); process.exit(5) }'`;

  it('passes a change whose setup may write and whose test succeeds', async () => {
    const head = await source.commit({ 'more.js': 'exports.more = 1;\n' });
    const setupCommand = 'echo built > "built file" && git status --short && test -f "dash -n"';
    const { run, logs } = await aCheck(head, { setupCommand, testCommand: `test -f "built file" && test "$MODE" = ci && ${TEST}`, env: { MODE: 'ci' } });
    expect(await run()).toMatchObject({ verdict: 'passed', fixable: false });
    expect(logs.get('check-setup.log')).toContain('?? "built file"\n');
    expect(await sandbox.list()).toEqual([]);
  });

  it('tells a new failure from one that the base has', async () => {
    const head = await source.commit({ 'sum.js': 'exports.sum = (a, b) => a - b;\n' });
    const own = await (await aCheck(head, { testCommand: TEST })).run();
    expect(own).toMatchObject({ verdict: 'failed', fixable: true });
    expect(own.fact.results[1]).toMatchObject({ status: 'failed', exitCode: 5 });
    const before = await (await aCheck(head, { testCommand: 'exit 9' })).run();
    expect(before).toMatchObject({ verdict: 'failed', fixable: false });
    expect(before.fact.results[1]).toMatchObject({ status: 'failedBefore', exitCode: 9 });
  });

  it('reads the command by one shell, as it stands, and keeps both streams in order', async () => {
    const testCommand = `echo "it's $((1 + 1))"; echo err >&2; echo 'a"b' # not a comment for us\ntrue`;
    const { run, logs } = await aCheck(base, { testCommand });
    expect((await run()).verdict).toBe('passed');
    expect(logs.get('check-test.log')).toBe(`$ ${testCommand}\nit's 2\nerr\na"b\n\nexit code 0\n`);
  });

  it('leaves no container and no process when it is cancelled', async () => {
    const { run, stop, records } = await aCheck(base, { testCommand: 'sleep 100' });
    setTimeout(() => stop.abort(new Error('cancelled')), 1500);
    await expect(run()).rejects.toThrow('cancelled');
    expect(await sandbox.list()).toEqual([]);
    expect(records.facts.some(({ kind }) => kind === 'checks')).toBe(false);
  });

  it('destroys folder and containers, twice', async () => {
    const { activities } = await aCheck(base, {});
    await activities.destroy({ requestId: 'r1' });
    await activities.destroy({ requestId: 'r1' });
    expect(await diskWorkspaces({ git, dataDir: join(dir, 'data') }).list()).toEqual([]);
  });
});
