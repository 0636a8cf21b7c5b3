import { beforeEach, describe, expect, it } from '@jest/globals';

import { AppError, type ArtifactRef, type Facts, type ProjectSettings } from '@countersign/domain';
import { digestOf, sha256Hex } from '@countersign/domain/digest';
import { someSettings } from '@countersign/domain/testing';
import { fakeEgressBrokers, type FakeEgressBrokers } from '@countersign/egress/testing';
import { fakeSandbox, type FakeHandler, type FakeSandbox } from '@countersign/sandbox/testing';
import { aBriefing, fakeRequestRecords, type FakeRequestRecords } from '@countersign/workflow-contracts/testing';

import { DEFAULT_CHECK_LIMITS, type SandboxDeps } from './checks/check-deps.js';
import type { CheckWorkspaces } from './ports/check-workspaces.port.js';
import { sandboxActivities } from './sandbox.activities.js';

const RUN = { workflowId: 'request-r1', runId: 'run-1' };
const BASE = 'b'.repeat(40);
const HEAD = 'a'.repeat(40);

/** What the setup and test commands do, by the folder they run in. */
type Behaviour = (at: string) => ReturnType<FakeHandler>;

function shell(command: string): string {
  return `sh -c exec sh -c "$1" 2>&1 sh ${command}`;
}

const never = async (): Promise<never> => {
  throw new Error('Nobody asks this of a workspace here');
};
const NO_REPOSITORY = { treeOf: never, changedPaths: never, list: never, read: never, keepIgnored: never, addIgnored: never, placeFolder: never, keepFolder: never, dropFolder: never, gitTouchedSince: never };

type FakeDependencies = { -readonly [Name in keyof SandboxDeps['dependencies']]: SandboxDeps['dependencies'][Name] } & { readonly kept: string[]; readonly discarded: string[] };

/** Nothing is kept, and nothing wanted, unless a test says so. */
function fakeDependencies(): FakeDependencies {
  const kept: string[] = [];
  const discarded: string[] = [];
  return {
    kept,
    discarded,
    prepare: async () => ({ installedAt: undefined, cache: undefined }),
    watch: async () => undefined,
    discard: async (_, { folder }) => void discarded.push(folder),
  };
}

type World = {
  readonly deps: SandboxDeps;
  readonly records: FakeRequestRecords;
  readonly sandbox: FakeSandbox;
  readonly egress: FakeEgressBrokers;
  readonly dependencies: FakeDependencies;
  readonly images: { imageOf: SandboxDeps['images']['imageOf']; readonly asked: object[] };
  readonly checkouts: string[];
  readonly logged: string[];
  readonly artifacts: Map<string, string>;
  readonly beats: unknown[];
  readonly folders: Set<string>;
  readonly stop: AbortController;
};

function aWorld(behaviour: { setup?: Behaviour; test?: Behaviour } = {}, settings: Partial<ProjectSettings> = {}): World {
  const folderOf = ({ spec }: Parameters<FakeHandler>[0]): string => spec.workspace.split('/').at(-1) ?? '';
  const sandbox = fakeSandbox({
    [shell('npm ci')]: (call) => behaviour.setup?.(folderOf(call)) ?? {},
    [shell('npm test')]: (call) => behaviour.test?.(folderOf(call)) ?? { stdout: 'ok\n' },
  });
  const brief = aBriefing();
  const project = { ...brief.project, settings: someSettings({ setupCommand: 'npm ci', testCommand: 'npm test', env: { CI: '1' }, ...settings }) };
  const records = fakeRequestRecords({ ...brief, project });
  const world: Omit<World, 'deps'> = {
    records,
    sandbox,
    egress: fakeEgressBrokers(),
    dependencies: fakeDependencies(),
    images: {
      asked: [],
      async imageOf(subject) {
        this.asked.push(subject);
        return subject.image ?? 'image';
      },
    },
    checkouts: [],
    logged: [],
    artifacts: new Map(),
    beats: [],
    folders: new Set(['r1']),
    stop: new AbortController(),
  };
  const workspaces: CheckWorkspaces = {
    open: () => ({
      ...NO_REPOSITORY,
      prepare: async () => undefined,
      checkout: async (name, commit) => {
        world.checkouts.push(`${name}=${commit}`);
        return `/nowhere/${name}`;
      },
    }),
    list: async () => [...world.folders],
    destroy: async (id) => world.folders.delete(id),
  };
  const artifacts = {
    put: async (bytes: Uint8Array, about: { name: string; mediaType: string }): Promise<ArtifactRef> => {
      const sha256 = sha256Hex(bytes);
      world.artifacts.set(about.name, Buffer.from(bytes).toString());
      return { sha256, bytes: bytes.length, ...about };
    },
  };
  const deps: SandboxDeps = {
    records,
    sandbox,
    egress: world.egress,
    workspaces,
    artifacts,
    log: () => ({ append: async (text) => void world.logged.push(text) }),
    redact: (text) => text.replaceAll('hunter2', '***'),
    images: world.images,
    dependencies: world.dependencies,
    limits: DEFAULT_CHECK_LIMITS,
    run: () => RUN,
    signal: () => world.stop.signal,
    heartbeat: (details) => void world.beats.push(details),
  };
  return { ...world, deps };
}

async function anExecution({ records }: World, over: Partial<Facts['execution']> = {}): Promise<string> {
  const diff = { sha256: 'c'.repeat(64), bytes: 1, name: 'patch', mediaType: 'text/x-diff' };
  const data = { attempt: 1, baseCommit: BASE, headCommit: HEAD, tree: 'd'.repeat(40), steps: 1, diff, files: [], limitsNotEnforced: [], ...over };
  return (await records.putFact('r1', RUN, { kind: 'execution', key: `execution:${data.headCommit}`, data })).id;
}

function checksOf({ records }: World, id: string): Facts['checks'] {
  return records.facts.find((fact) => fact.id === id)?.data as Facts['checks'];
}

describe('sandbox.check', () => {
  let world: World;
  let executionId: string;
  const start = async (...given: Parameters<typeof aWorld>): Promise<void> => {
    world = aWorld(...given);
    executionId = await anExecution(world);
  };
  const check = (over: { mergePrepId?: string } = {}): ReturnType<ReturnType<typeof sandboxActivities>['check']> =>
    sandboxActivities(world.deps).check({ requestId: 'r1', executionId, ...over });
  beforeEach(() => start());

  it('runs setup and test on base and head, in the image and environment of the project', async () => {
    await start({}, { image: 'image', env: { CI: '1' } });
    const result = await check();
    expect(result).toMatchObject({ verdict: 'passed', fixable: false });
    expect(world.checkouts).toEqual([`check-base=${BASE}`, `check=${HEAD}`]);
    expect(world.sandbox.opened.map(({ name, image, env }) => ({ name, image, env }))).toEqual([
      { name: 'r1-check-base', image: 'image', env: { CI: '1' } },
      { name: 'r1-check', image: 'image', env: { CI: '1' } },
    ]);
    expect(checksOf(world, result.factId).results.map(({ name, status }) => `${name} ${status}`)).toEqual(['setup passed', 'test passed']);
    expect(await world.sandbox.list()).toEqual([]);
  });

  it('attaches no network where no rule allows any', async () => {
    await check();
    expect(world.sandbox.opened.map(({ egress }) => egress)).toEqual([undefined, undefined]);
    expect(world.records.facts.some(({ kind }) => kind === 'egress')).toBe(false);
  });

  describe('with rules for the network', () => {
    const rule = { host: 'npm.example.org', port: 443, methods: ['GET'], tunnel: false, credential: null };
    const egress = { setup: [rule], execute: [] };

    it('offers a broker that changes its rules between setup and test', async () => {
      await start({}, { egress });
      await check();
      expect(world.sandbox.opened.map((spec) => spec.egress)).toEqual([1, 2].map((n) => ({ socket: `/fake/${n}.sock`, caFile: `/fake/${n}.pem` })));
      expect(world.egress.phases).toEqual(['setup', 'execute', 'closed', 'setup', 'execute', 'closed']);
      expect(world.egress.opened[0]).toMatchObject({ settings: egress, workspace: '/nowhere/check-base', project: { name: world.records.brief.project.name } });
      expect(world.logged.join('')).toContain('[check: network] refused GET b.org:443/: no rule allows b.org:443\n');
    });

    it('begins with the rules of the test where there is no setup', async () => {
      await start({}, { egress, setupCommand: null });
      await check();
      expect(world.egress.phases).toEqual(['execute', 'execute', 'closed', 'execute', 'execute', 'closed']);
    });

    it('stores what was asked, redacted, also after a failed setup', async () => {
      await start({ setup: () => ({ exitCode: 1 }) }, { egress });
      await check();
      const stored = world.records.facts.filter(({ kind }) => kind === 'egress');
      expect(stored.map(({ data }) => data)).toEqual([expect.objectContaining({ phase: 'setup', allowed: 1, refused: 1, refusedHosts: ['b.org:443'], log: expect.objectContaining({ name: 'egress-setup.jsonl' }) })]);
      expect(world.artifacts.get('egress-setup.jsonl')).toBe('{"phase":"setup","path":"/***"}\n');
    });

    it('stores what was asked where the check is cancelled', async () => {
      await start({ test: () => new Promise(() => undefined) }, { egress });
      setTimeout(() => world.stop.abort(new Error('cancelled')), 100);
      await expect(check()).rejects.toThrow('cancelled');
      expect(world.records.facts.filter(({ kind }) => kind === 'egress')).toHaveLength(2);
    });

    it('waits for what an operator has to mend', async () => {
      await start({}, { egress });
      world.egress.open = async () => {
        throw new AppError('EGRESS_UNAVAILABLE', 'egress.json may be read by others');
      };
      await expect(check()).rejects.toMatchObject({ code: 'EGRESS_UNAVAILABLE' });
      expect(world.records.waiting.at(-1)).toBe('Waiting for the way out to the network: egress.json may be read by others');
    });

    it('measures again where the rules changed', async () => {
      const keysWith = async (settings: ProjectSettings['egress']): Promise<readonly string[]> => {
        await start({}, { egress: settings });
        await check();
        return world.records.facts.filter(({ kind }) => kind === 'checks').map(({ key }) => key);
      };
      expect(await keysWith(egress)).not.toEqual(await keysWith({ setup: [], execute: [rule] }));
    });
  });

  it('stores facts that can be digested', async () => {
    await start({ test: () => ({ exitCode: 1, durationMs: 12.7, stdout: 'no\n' }) });
    await check();
    for (const { data } of world.records.facts) expect(digestOf(data)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('sends back a failure that the base does not have', async () => {
    await start({ test: (at) => ({ exitCode: at === 'check' ? 1 : 0, stdout: 'boom\n' }) });
    expect(await check()).toMatchObject({ verdict: 'failed', fixable: true });
  });

  it('does not send back what failed on the base already', async () => {
    await start({ test: () => ({ exitCode: 1 }) });
    const result = await check();
    expect(result).toMatchObject({ verdict: 'failed', fixable: false });
    expect(checksOf(world, result.factId).results[1]).toMatchObject({ status: 'failedBefore' });
  });

  it('never passes after a failed setup', async () => {
    await start({ setup: () => ({ exitCode: 3 }) });
    const result = await check();
    expect(result).toMatchObject({ verdict: 'notRun', fixable: false });
    expect(checksOf(world, result.factId).results).toMatchObject([
      { name: 'setup', status: 'failed', exitCode: 3, note: 'SETUP_FAILED: exit code 3' },
      { name: 'test', status: 'notRun' },
    ]);
    expect(world.sandbox.calls.some(({ request }) => request.argv.at(-1) === 'npm test')).toBe(false);
  });

  it('opens nothing where nothing is configured', async () => {
    await start({}, { setupCommand: null, testCommand: null });
    world.sandbox.isUp = false;
    expect(await check()).toMatchObject({ verdict: 'notConfigured', fixable: false });
    expect(world.sandbox.opened).toEqual([]);
  });

  it('fails a test that outlives its deadline, with a note', async () => {
    await start({ test: (at) => (at === 'check' ? new Promise(() => undefined) : {}) });
    world = { ...world, deps: { ...world.deps, limits: { ...DEFAULT_CHECK_LIMITS, commandTimeoutMs: 100 } } };
    const result = await check();
    expect(result).toMatchObject({ verdict: 'failed', fixable: true });
    expect(checksOf(world, result.factId).results[1]).toMatchObject({ exitCode: null, note: expect.stringContaining('stopped after') });
  });

  it('writes one fact however often it runs, and the base is checked once', async () => {
    const activities = sandboxActivities(world.deps);
    const first = await activities.check({ requestId: 'r1', executionId });
    expect(await activities.check({ requestId: 'r1', executionId })).toEqual(first);
    const next = await anExecution(world, { headCommit: 'e'.repeat(40), attempt: 2 });
    await activities.check({ requestId: 'r1', executionId: next });
    expect(world.checkouts).toEqual([`check-base=${BASE}`, `check=${HEAD}`, `check=${'e'.repeat(40)}`]);
    // Another worker knows nothing of it and measures again: the stored fact answers.
    expect(await sandboxActivities(world.deps).check({ requestId: 'r1', executionId })).toEqual(first);
    expect(world.records.facts.filter(({ kind }) => kind === 'checks')).toHaveLength(3);
  });

  it('judges by the fact that was stored first, not by its own run', async () => {
    let runs = 0;
    await start({ test: () => ({ exitCode: (runs += 1) > 2 ? 1 : 0 }) });
    const first = await check();
    expect(first.verdict).toBe('passed');
    expect(await check()).toEqual(first);
  });

  it('checks a prepared merge on its tree, against the tip it merges into', async () => {
    const data = { targetRef: 'refs/heads/main', targetTip: '1'.repeat(40), head: HEAD, mergedTree: '2'.repeat(40), repository: '/bare', fastForward: false };
    const { id } = await world.records.putFact('r1', RUN, { kind: 'mergePrep', key: 'prep', data });
    const result = await check({ mergePrepId: id });
    expect(world.checkouts).toEqual([`check-base=${'1'.repeat(40)}`, `check=${'2'.repeat(40)}`]);
    expect(checksOf(world, result.factId).commit).toBe('2'.repeat(40));
  });

  it('answers NOT_FOUND for facts the request does not have', async () => {
    await expect(sandboxActivities(world.deps).check({ requestId: 'r1', executionId: 'nope' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(check({ mergePrepId: 'nope' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('waits with a clear note where no engine answers, and clears it afterwards', async () => {
    world.sandbox.isUp = false;
    await expect(check()).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
    expect(world.records.waiting.at(-1)).toMatch(/^Waiting for a container engine: .*node scripts\/provision-docker\.mjs/);
    expect(world.sandbox.calls).toEqual([]);
    world.sandbox.isUp = true;
    await check();
    expect(world.records.waiting.at(-1)).toBeNull();
  });

  it('asks the base commit which image it needs, not the change, and says what is made meanwhile', async () => {
    await start({}, { image: 'auto' });
    world.sandbox.images.add('made:1');
    world.images.imageOf = async (subject, { onProgress }) => {
      world.images.asked.push(subject);
      onProgress('Preparing the image for python: unpacking');
      return 'made:1';
    };
    await check();
    expect(world.images.asked).toEqual([{ image: 'auto', bare: expect.any(String), commit: BASE }]);
    expect(world.records.waiting).toContain('Preparing the image for python: unpacking');
    expect(world.records.waiting.at(-1)).toBeNull();
    expect(world.logged).toContain('Preparing the image for python: unpacking\n');
    expect(new Set(world.sandbox.opened.map(({ image }) => image))).toEqual(new Set(['made:1']));
  });

  it('keeps what setup did before the tests run, in the same sandbox, and nothing of one that failed', async () => {
    const keeping = (): void => {
      world.dependencies.watch = async (_, { folder, commit }) => ({ keep: async () => void world.dependencies.kept.push(`${folder}=${commit} after ${world.sandbox.calls.length}`) });
    };
    keeping();
    expect((await check()).verdict).toBe('passed');
    expect(world.dependencies.kept).toEqual([`check-base=${BASE} after 1`, `check=${HEAD} after 3`]);
    expect(world.sandbox.opened).toHaveLength(2);
    await start({ setup: () => ({ exitCode: 1 }) });
    keeping();
    await check();
    expect(world.dependencies.kept).toEqual([]);
  });

  it('brings what package managers downloaded into the sandbox, and throws it away with what was written to it', async () => {
    world.dependencies.prepare = async (_, { folder }) => ({ installedAt: undefined, cache: { folder: `/nowhere/${folder}-cache`, env: { PIP_CACHE_DIR: '/cache/pip' } } });
    await check();
    expect(world.sandbox.opened.map(({ cache }) => cache?.folder)).toEqual(['/nowhere/check-base-cache', '/nowhere/check-cache']);
    expect(world.dependencies.discarded).toEqual(['check-base', 'check']);
  });

  it('runs no setup where its work is kept, and says so', async () => {
    world.dependencies.prepare = async (_, { folder }) => ({ installedAt: folder === 'check' ? '2026-01-02T03:04:05.678Z' : undefined, cache: undefined });
    const { factId } = await check();
    expect(checksOf(world, factId).results[0]).toEqual({ name: 'setup', status: 'passed', exitCode: 0, durationMs: 0, log: null, note: `from the cache of 2026-01-02 03:04 UTC, base ${BASE.slice(0, 12)}` });
    expect(world.sandbox.calls.map(({ request }) => request.argv.at(-1))).toEqual(['npm ci', 'npm test', 'npm test']);
  });

  it('runs no tests in a sandbox that went while its setup was kept', async () => {
    world.dependencies.watch = async () => ({ keep: () => Promise.reject(new AppError('SANDBOX_UNAVAILABLE', 'gone')) });
    await expect(check()).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
    expect(world.sandbox.calls.map(({ request }) => request.argv.at(-1))).toEqual(['npm ci']);
  });

  it('waits for an image that is not there', async () => {
    await start({}, { image: 'ghcr.io/acme/ci:1' });
    await expect(check()).rejects.toMatchObject({ code: 'IMAGE_MISSING' });
    expect(world.records.waiting.at(-1)).toMatch(/^Waiting for a container image: .*ghcr/);
  });

  it('logs with prefixes and stores redacted logs as artifacts', async () => {
    await start({ test: () => ({ stdout: 'password hunter2\nfine' }) });
    const result = await check();
    const log = world.logged.join('');
    expect(log).toContain('[check: setup] $ npm ci\n');
    expect(log).toContain('[check: test] fine\n');
    expect(log).toMatch(/\[check-base: test\] exit code 0 after \d+\.\d s; the workspace takes/);
    expect(world.artifacts.get('check-test.log')).toBe('$ npm test\npassword ***\nfine\nexit code 0\n');
    expect(checksOf(world, result.factId).results[1]?.log).toMatchObject({ name: 'check-test.log' });
  });

  it('ends with the cancellation, without a fact and without a sandbox', async () => {
    await start({ test: (at) => (at === 'check' ? new Promise(() => undefined) : {}) });
    const reason = new Error('cancelled by a person');
    setTimeout(() => world.stop.abort(reason), 100);
    await expect(check()).rejects.toBe(reason);
    expect(await world.sandbox.list()).toEqual([]);
    expect(world.records.facts.map(({ key }) => key.split(':')[0])).toEqual(['execution', 'checks-base']);
  });

  it('beats at each step, and while a command runs as long as its container is alive', async () => {
    await start({ test: (at) => (at === 'check' ? new Promise((resolve) => setTimeout(() => resolve({}), 300)) : {}) });
    world = { ...world, deps: { ...world.deps, limits: { ...DEFAULT_CHECK_LIMITS, heartbeatMs: 50 } } };
    await check();
    const steps = world.beats.map((beat) => (beat as { step: string }).step);
    expect(steps.filter((step) => step === 'check: test').length).toBeGreaterThan(3);
    expect(new Set(steps)).toEqual(
      new Set(['image', ...['check-base', 'check'].flatMap((at) => ['checkout', 'opening the sandbox', 'looking at the sandbox', 'setup', 'test'].map((step) => `${at}: ${step}`))]),
    );
  });
});

describe('sandbox.destroy and sandbox.reap', () => {
  const open = (world: World, requestId: string): Promise<unknown> =>
    world.sandbox.open({
      name: `${requestId}-check`,
      requestId,
      image: 'image',
      workspace: '/nowhere',
      workspaceReadOnly: false,
      mounts: [],
      env: {},
      limits: DEFAULT_CHECK_LIMITS.sandbox,
    });

  it('removes containers and folder, and is content with none', async () => {
    const world = aWorld();
    await open(world, 'r1');
    const activities = sandboxActivities(world.deps);
    await activities.destroy({ requestId: 'r1' });
    expect([await world.sandbox.list(), [...world.folders]]).toEqual([[], []]);
    await activities.destroy({ requestId: 'r1' });
  });

  it('removes the folder where no engine answers, and says so', async () => {
    const world = aWorld();
    world.sandbox.isUp = false;
    await expect(sandboxActivities(world.deps).destroy({ requestId: 'r1' })).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
    expect([...world.folders]).toEqual([]);
  });

  it('reaps what ended and leaves what goes on', async () => {
    const world = aWorld();
    for (const id of ['over-1', 'live-1']) await open(world, id);
    world.folders.add('over-2');
    world.records.isOver = async (id) => id.startsWith('over');
    expect(await sandboxActivities(world.deps).reap()).toEqual({ containers: 1, workspaces: 1 });
    expect([(await world.sandbox.list()).map(({ requestId }) => requestId), [...world.folders]]).toEqual([['live-1'], ['r1']]);
  });

  it('reaps the others where one cannot be removed', async () => {
    const world = aWorld();
    for (const id of ['over-1', 'over-2']) world.folders.add(id);
    world.records.isOver = async (id) => {
      if (id === 'over-1') throw new AppError('DATABASE_UNAVAILABLE', 'away');
      return id !== 'r1';
    };
    await expect(sandboxActivities(world.deps).reap()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect([...world.folders]).toEqual(['r1', 'over-1']);
  });
});
