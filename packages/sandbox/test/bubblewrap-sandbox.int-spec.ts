import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { isAlive, type ProcessRef } from '../src/bubblewrap/process-table.js';
import { BubblewrapSandboxAdapter } from '../src/index.js';
import { anExec, describeSandbox } from '../src/ports/sandbox.contract.js';
import { describeCache } from '../src/ports/sandbox-cache.contract.js';
import { describeEgress } from '../src/ports/sandbox-egress.contract.js';
import { describeIsolation } from '../src/ports/sandbox-isolation.contract.js';
import type { SandboxSpec } from '../src/ports/sandbox.port.js';
import { aHarness, type TestHarness } from './sandbox-harness.js';

jest.setTimeout(60_000);

type Provisioned = { readonly ok: boolean; readonly image: string; readonly where: string; readonly tree?: string; readonly fix?: string };

/** Installs the program and unpacks the image where a machine has neither; a tenth of a second where it has both. */
function provisioned(): Provisioned {
  const script = join(__dirname, '../../../scripts/provision-bubblewrap.mjs');
  const answer = JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim().split('\n').at(-1) ?? '') as Provisioned;
  if (!answer.ok) throw new Error(`There is no bubblewrap to test: ${answer.fix}`);
  return answer;
}

const { image, where, tree } = provisioned();

function bubblewrapHarness(): Promise<TestHarness> {
  return aHarness(image, (folder) => new BubblewrapSandboxAdapter({ stateDir: join(folder, 'state'), image, program: where, ...(tree !== undefined && { root: tree }) }));
}

/** As on a machine that built no image and lets nobody make control groups. */
function plainHarness(): Promise<TestHarness> {
  return aHarness(image, (folder) => new BubblewrapSandboxAdapter({ stateDir: join(folder, 'state'), image, program: where, groups: false }));
}

describeSandbox('bubblewrap', bubblewrapHarness);
describeIsolation('bubblewrap', bubblewrapHarness);
describeEgress('bubblewrap', bubblewrapHarness);
describeCache('bubblewrap', bubblewrapHarness);
describeSandbox("bubblewrap on the machine's own programs, without control groups", plainHarness);
describeCache("bubblewrap on the machine's own programs, without control groups", plainHarness);

describe('BubblewrapSandboxAdapter', () => {
  let harness: TestHarness;
  beforeAll(async () => {
    harness = await bubblewrapHarness();
  });
  afterAll(() => harness.close());

  const run = async (over: Partial<SandboxSpec>, script: string) => {
    const session = await harness.sandbox.open(await harness.aSpec({ name: 'one', requestId: 'one', ...over }));
    const result = await session.exec(anExec(['sh', '-c', script]));
    await session.stop();
    return result;
  };

  it('keeps /tmp and what runs between two programs of a session', async () => {
    const session = await harness.sandbox.open(await harness.aSpec({ name: 'kept', requestId: 'kept' }));
    await session.exec(anExec(['sh', '-c', 'echo kept > /tmp/file; sleep 30 & echo $! > /tmp/pid']));
    expect((await session.exec(anExec(['sh', '-c', 'cat /tmp/file; kill -0 $(cat /tmp/pid) && echo alive']))).stdout).toBe('kept\nalive\n');
    await session.stop();
  });

  it('shows nothing of the host: its name, people, paths or environment', async () => {
    const { stdout } = await run({}, 'cat /etc/hostname /etc/passwd /etc/hosts; tr "\\0" "\\n" < /proc/1/cmdline; cat /proc/*/environ | tr "\\0" "\\n"; ls /proc/self/fd');
    expect(stdout).not.toContain(harness.folder);
    expect(stdout).not.toMatch(/COUNTERSIGN|DATABASE_URL|npm_|NODE_OPTIONS/);
    expect(stdout).toMatch(/^sandbox\n/);
  });

  it('hands no descriptor on but the three of a program', async () => {
    // `ls` itself has the folder open.
    expect((await run({}, 'ls /proc/self/fd')).stdout).toBe('0\n1\n2\n3\n');
  });

  it('mounts folders where the image has none', async () => {
    const source = join(harness.folder, 'tools with space');
    await mkdir(source, { recursive: true });
    await writeFile(join(source, 'tool'), 'hello');
    const targets = ['/opt/tools/deep', '/usr/local/share/ours', '/new'];
    const mounts = targets.map((target) => ({ source, target, readOnly: true }));
    const { stdout } = await run({ mounts }, `cat ${targets.map((target) => `${target}/tool`).join(' ')}; ls /usr/local/bin; echo x > /new/x || echo refused`);
    expect(stdout).toBe('hellohellohellonode\nrefused\n');
  });

  it('runs another image no more than an unknown one, and says which it runs', async () => {
    const spec = await harness.aSpec({ name: 'image', requestId: 'image', image: 'node:24' });
    await expect(harness.sandbox.open(spec)).rejects.toMatchObject({ code: 'IMAGE_MISSING', message: expect.stringContaining(image) });
  });

  it('says what it enforces and what not, and that nothing outlives its worker', async () => {
    await harness.sandbox.ping();
    expect(harness.sandbox.declared).toMatchObject({ reattach: false });
    expect(harness.sandbox.declared.enforced).toEqual(expect.arrayContaining(['no network', 'memory', 'pids', 'cpus', 'seccomp']));
    expect(harness.sandbox.declared.notEnforced.join()).toContain('disk');
  });

  it('leaves neither process, control group nor record behind', async () => {
    await run({ name: 'traces' }, 'true');
    expect(await readdir(join(harness.folder, 'state/open'))).toEqual([]);
    expect(execFileSync('sh', ['-c', 'find /sys/fs/cgroup -maxdepth 4 -name "traces-*"'], { encoding: 'utf8' })).toBe('');
  });

  it('ends with a worker that is killed, and the next one finds nothing', async () => {
    const spec = await harness.aSpec({ name: 'orphan', requestId: 'orphan' });
    const beat = join(spec.workspace, 'beat');
    const session = await harness.sandbox.open(spec);
    await session.exec(anExec(['sh', '-c', '(setsid sh -c "while :; do date > /workspace/beat; sleep 0.05; done" >/dev/null 2>&1 &)']));
    const record = JSON.parse(execFileSync('cat', [join(harness.folder, 'state/open/orphan.json')], { encoding: 'utf8' })) as { leader: ProcessRef };
    const monitor = Number(/^PPid:\s+(\d+)$/m.exec(execFileSync('cat', [`/proc/${record.leader.pid}/status`], { encoding: 'utf8' }))?.[1]);
    process.kill(monitor, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const last = statSync(beat).mtimeMs;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([await isAlive(record.leader), statSync(beat).mtimeMs]).toEqual([false, last]);
    await session.stop();
  });

  it('limits each process where no control group limits all, and declares it', async () => {
    const plain = await plainHarness();
    const limits = { memoryMb: 192, cpus: 1, pids: 48, fileMb: 16, tmpMb: 16 };
    const session = await plain.sandbox.open(await plain.aSpec({ name: 'plain', requestId: 'plain', limits }));
    expect((await session.exec(anExec(['perl', '-e', '$x = "x" x 600000000; print length $x']))).exitCode).not.toBe(0);
    const forks = await session.exec(anExec(['perl', '-e', 'while (defined($p = fork)) { if (!$p) { sleep 2; exit } $n++ } print $n; 1 while wait > 0']));
    expect(Number(forks.stdout)).toBeLessThanOrEqual(48);
    expect(Number(forks.stdout)).toBeGreaterThan(10);
    expect((await session.exec(anExec(['node', '-e', 'console.log(1 + 1)']))).stdout).toBe('2\n');
    expect(plain.sandbox.declared.notEnforced.join()).toMatch(/memory of all processes.*cpus/);
    await plain.close();
  });
});

describe('BubblewrapSandboxAdapter without the program', () => {
  it('answers SANDBOX_UNAVAILABLE saying what to type', async () => {
    const away = new BubblewrapSandboxAdapter({ stateDir: '/tmp', image, program: '/no/such/bwrap' });
    await expect(away.ping()).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE', message: expect.stringContaining('node scripts/provision-bubblewrap.mjs') });
  });
});
