import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { anExec, type SandboxHarness } from './sandbox.contract.js';
import type { ExecRequest, ExecResult, SandboxSession } from './sandbox.port.js';

const MEMORY_MB = 192;
const PIDS = 64;

const sleepMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What only a real sandbox can hold. The image needs sh, coreutils, perl and node. */
export function describeIsolation(name: string, makeHarness: () => Promise<SandboxHarness>): void {
  describe(`sandbox isolation: ${name}`, () => {
    let harness: SandboxHarness;
    let session: SandboxSession;
    beforeAll(async () => {
      harness = await makeHarness();
      const limits = { memoryMb: MEMORY_MB, cpus: 1.5, pids: PIDS, fileMb: 4, tmpMb: 8 };
      session = await harness.sandbox.open(await harness.aSpec({ name: 'isolated', requestId: 'isolated', limits }));
    });
    afterAll(async () => {
      await harness.sandbox.destroy('isolated');
      await harness.close();
    });
    const sh = (script: string, over: Partial<ExecRequest> = {}): Promise<ExecResult> => session.exec(anExec(['sh', '-c', script], over));

    hasNoNetwork(sh, () => session);
    hasNoRights(sh);
    writesNowhereElse(sh);
    hasLimits(sh, () => harness);
    leavesNoProcess(sh, () => harness);
  });
}

type Shell = (script: string, over?: Partial<ExecRequest>) => Promise<ExecResult>;

function hasNoNetwork(sh: Shell, session: () => SandboxSession): void {
  it('has loopback and no other network interface, and no route', async () => {
    expect((await sh('tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "')).stdout).toBe('lo\n');
    expect((await sh('tail -n +2 /proc/net/route | wc -l')).stdout.trim()).toBe('0');
  });

  it('resolves no name and connects to nothing', async () => {
    const script = `
      const { connect } = require('node:net'); const { lookup } = require('node:dns');
      const tcp = (host, port) => new Promise((done) => { const s = connect({ host, port, timeout: 2000 });
        s.on('connect', () => done('CONNECTED')).on('error', (e) => done(e.code)).on('timeout', () => done('TIMEOUT')); });
      const name = new Promise((done) => lookup('example.com', (e, a) => done(e ? e.code : a)));
      (async () => console.log(JSON.stringify([await tcp('1.1.1.1', 53), await tcp('172.17.0.1', 22), await tcp('169.254.169.254', 80), await name])))();`;
    const { stdout } = await session().exec(anExec(['node', '-e', script]));
    const [internet, bridge, metadata, name] = JSON.parse(stdout) as string[];
    expect([internet, bridge, metadata]).toEqual(['ENETUNREACH', 'ENETUNREACH', 'ENETUNREACH']);
    expect(['EAI_AGAIN', 'ENOTFOUND']).toContain(name);
  });

  it('may not open a raw socket', async () => {
    const raw = await session().exec(anExec(['perl', '-MSocket', '-e', 'socket(S, PF_INET, SOCK_RAW, 1) or do { print $!; exit 3 }']));
    expect(raw).toMatchObject({ exitCode: 3, stdout: 'Operation not permitted' });
  });

  it('has no engine socket', async () => {
    expect((await sh('find / -xdev -name "docker*.sock" -o -name "containerd*.sock" 2>/dev/null')).stdout).toBe('');
  });
}

function hasNoRights(sh: Shell): void {
  it('is not root, holds no capability, gains none and is filtered by seccomp', async () => {
    expect((await sh('id -u')).stdout.trim()).not.toBe('0');
    const status = (await sh('cat /proc/self/status')).stdout;
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(status).toMatch(new RegExp(`^${set}:\\s+0+$`, 'm'));
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Seccomp:\s+2$/m);
  });

  it('may not mount, change owner or read the kernel log', async () => {
    for (const script of ['mount -t tmpfs none /tmp', 'chown 0:0 /workspace', 'unshare -U true', 'dmesg', 'kill -0 0 && chroot / true']) {
      expect((await sh(script)).exitCode).not.toBe(0);
    }
  });

  it('has a fixed host name and only its own processes', async () => {
    expect((await sh('cat /etc/hostname')).stdout).toBe('sandbox\n');
    expect(Number((await sh('ls -d /proc/[0-9]* | wc -l')).stdout)).toBeLessThan(10);
  });
}

function writesNowhereElse(sh: Shell): void {
  it('writes to /workspace and /tmp only', async () => {
    expect(await sh('echo a > /workspace/a && echo b > /tmp/b && cat /workspace/a /tmp/b')).toMatchObject({ exitCode: 0, stdout: 'a\nb\n' });
    for (const place of ['/', '/etc', '/usr/bin', '/home/countersign', '/var/tmp', '/run', '/dev', '/proc/sys/kernel']) {
      expect((await sh(`echo x > ${place}/x`)).exitCode).not.toBe(0);
    }
    expect((await sh("awk '$4 ~ /^rw/ {print $2}' /proc/mounts | grep -vE '^/(proc|dev|sys)'")).stdout.trim().split('\n').sort()).toEqual([
      '/tmp',
      '/workspace',
    ]);
  });

  it('runs what was compiled into /tmp, and honours no set-user-id there', async () => {
    expect((await sh('cp /bin/true /tmp/t && /tmp/t')).exitCode).toBe(0);
    expect((await sh("grep ' /tmp ' /proc/mounts")).stdout).toMatch(/nosuid,nodev/);
  });

  it('passes file names with spaces, newlines and leading dashes through', async () => {
    expect(await sh('cd /workspace && touch -- "a b" "-n" "x\ny" && ls | wc -l')).toMatchObject({ exitCode: 0 });
    expect((await sh('ls', { cwd: '/workspace' })).stdout).toContain('a b');
  });

  it('limits the size of a file and of /tmp', async () => {
    expect((await sh('head -c 8000000 /dev/zero > /workspace/big')).exitCode).not.toBe(0);
    expect(Number((await sh('wc -c < /workspace/big')).stdout)).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect((await sh('for i in 1 2 3 4; do head -c 4000000 /dev/zero > /tmp/$i || exit 1; done')).exitCode).not.toBe(0);
    await sh('rm -f /tmp/* /workspace/big');
  });
}

function hasLimits(sh: Shell, harness: () => SandboxHarness): void {
  it('kills what takes more memory than allowed, and goes on', async () => {
    const hog = await sh(`perl -e '$x = "x" x 600000000; print length $x'`);
    expect(hog.exitCode).toBe(137);
    expect((await sh('echo on')).stdout).toBe('on\n');
  });

  it('stops a fork bomb at the process limit, and goes on after its deadline', async () => {
    const count = 'while (defined($p = fork)) { if (!$p) { sleep 2; exit } $n++ } print $n; 1 while wait > 0';
    const running = Number((await sh(`perl -e '${count}'`)).stdout);
    expect(running).toBeGreaterThan(PIDS / 2);
    expect(running).toBeLessThanOrEqual(PIDS);
    expect(await sh("perl -e 'for (;;) { fork }'", { timeoutMs: 2000 })).toMatchObject({ timedOut: true, exitCode: null });
    expect(Number((await sh('ls -d /proc/[0-9]* | wc -l')).stdout)).toBeLessThan(10);
  });

  it('opens again without the fork bomb that an earlier attempt left behind', async () => {
    const limits = { memoryMb: MEMORY_MB, cpus: 0.5, pids: PIDS, fileMb: 4, tmpMb: 8 };
    const spec = await harness().aSpec({ name: 'bombed', requestId: 'isolated', limits });
    const before = await harness().sandbox.open(spec);
    await before.exec(anExec(['perl', '-e', 'exit if fork; for (;;) { fork }']));
    const after = await harness().sandbox.open(spec);
    expect(Number((await after.exec(anExec(['sh', '-c', 'ls -d /proc/[0-9]* | wc -l']))).stdout)).toBeLessThan(10);
    await after.stop();
  });
}

/** Writes to the workspace until it is killed, out of its parent's session and process group. */
const ESCAPEE = '(setsid sh -c "while :; do date >> /workspace/beat; sleep 0.05; done" >/dev/null 2>&1 &)';

function leavesNoProcess(sh: Shell, harness: () => SandboxHarness): void {
  const beats = async (): Promise<boolean> => {
    const count = async (): Promise<number> => Number((await sh('wc -l < /workspace/beat')).stdout);
    const first = await count();
    await sleepMs(400);
    return (await count()) > first;
  };

  it('kills grandchildren that left the process group, at the deadline', async () => {
    expect(await sh(`${ESCAPEE}; sleep 60`, { timeoutMs: 500 })).toMatchObject({ timedOut: true });
    expect(await beats()).toBe(false);
  });

  it('has a result where a program ends its own sandbox, and goes on', async () => {
    expect(await sh('kill -9 -1; sleep 60')).toMatchObject({ exitCode: 137, timedOut: false });
    expect((await sh('echo on')).stdout).toBe('on\n');
  });

  it('kills the whole tree on cancellation', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 500);
    expect(await sh(`${ESCAPEE}; sleep 60`, { signal: controller.signal })).toMatchObject({ cancelled: true });
    expect(await beats()).toBe(false);
  });

  it('leaves no process of a crashed attempt when it is opened again', async () => {
    const spec = await harness().aSpec({ name: 'crashed', requestId: 'isolated' });
    const before = await harness().sandbox.open(spec);
    await before.exec(anExec(['sh', '-c', ESCAPEE]));
    const read = (session: SandboxSession): Promise<ExecResult> => session.exec(anExec(['sh', '-c', 'wc -l < /workspace/beat']));
    await sleepMs(300);
    const after = await harness().again().open(spec);
    const first = (await read(after)).stdout;
    await sleepMs(400);
    expect((await read(after)).stdout).toBe(first);
    await after.stop();
  });

  it('mounts a workspace read-only where asked', async () => {
    const session = await harness().sandbox.open(await harness().aSpec({ name: 'reader', requestId: 'isolated', workspaceReadOnly: true }));
    expect((await session.exec(anExec(['sh', '-c', 'echo x > /workspace/x']))).exitCode).not.toBe(0);
    await session.stop();
  });
}
