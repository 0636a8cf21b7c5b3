import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { DockerSandboxAdapter } from '../src/index.js';
import { anExec, describeSandbox } from '../src/ports/sandbox.contract.js';
import { describeCache } from '../src/ports/sandbox-cache.contract.js';
import { describeIsolation } from '../src/ports/sandbox-isolation.contract.js';
import { describeEgress } from '../src/ports/sandbox-egress.contract.js';
import type { SandboxSpec } from '../src/ports/sandbox.port.js';
import { aHarness, imageOfRun, type TestHarness } from './sandbox-harness.js';

jest.setTimeout(60_000);

function anAdapter(installation: string): DockerSandboxAdapter {
  const host = process.env['DOCKER_HOST'];
  return new DockerSandboxAdapter({ installation, ...(host && { host }) });
}

function dockerHarness(): Promise<TestHarness> {
  const installation = `test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  return aHarness(imageOfRun(), () => anAdapter(installation));
}

describeSandbox('docker', dockerHarness);
describeIsolation('docker', dockerHarness);
describeEgress('docker', dockerHarness);
describeCache('docker', dockerHarness);

describe('DockerSandboxAdapter', () => {
  let harness: TestHarness;
  let other: TestHarness;
  beforeAll(async () => {
    [harness, other] = await Promise.all([dockerHarness(), dockerHarness()]);
  });
  afterAll(async () => {
    await Promise.all([harness.close(), other.close()]);
  });

  it('keeps two installations on one engine apart', async () => {
    const mine = await harness.sandbox.open(await harness.aSpec({ name: 'same', requestId: 'same' }));
    const theirs = await other.sandbox.open(await other.aSpec({ name: 'same', requestId: 'same' }));
    expect(await harness.sandbox.list()).toEqual([{ name: 'same', requestId: 'same' }]);
    expect(await harness.sandbox.destroy('same')).toBe(1);
    expect([await mine.isAlive(), await theirs.isAlive()]).toEqual([false, true]);
  });

  it('makes another container where the specification changed, and re-uses it where not', async () => {
    const spec = await harness.aSpec({ name: 'changing', requestId: 'changing', env: { A: '1' } });
    const mark = async (over: Partial<SandboxSpec>): Promise<string> => {
      const session = await harness.sandbox.open({ ...spec, ...over });
      return (await session.exec(anExec(['sh', '-c', 'printf %s "$A"; cat /etc/hosts | wc -c >/dev/null']))).stdout;
    };
    expect([await mark({}), await mark({}), await mark({ env: { A: '2' } })]).toEqual(['1', '1', '2']);
    expect((await harness.sandbox.list()).filter(({ name }) => name === 'changing')).toHaveLength(1);
  });

  it.each([
    ['a workspace of root', async (spec: SandboxSpec) => ({ ...spec, workspace: '/root' })],
    ['a workspace that is none', async (spec: SandboxSpec) => ({ ...spec, workspace: '/no/such/folder' })],
    ['a second writable mount', async (spec: SandboxSpec) => ({ ...spec, mounts: [{ source: '/tmp', target: '/data', readOnly: false }] })],
    ['a mount over the workspace', async (spec: SandboxSpec) => ({ ...spec, mounts: [{ source: '/tmp', target: '/workspace', readOnly: true }] })],
    ['a name that is none', async (spec: SandboxSpec) => ({ ...spec, name: '../x' })],
    ['a limit of nothing', async (spec: SandboxSpec) => ({ ...spec, limits: { ...spec.limits, pids: 0 } })],
  ])('refuses %s', async (_what, change) => {
    const spec = await change(await harness.aSpec({ name: 'refused', requestId: 'refused' }));
    await expect(harness.sandbox.open(spec)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    expect((await harness.sandbox.list()).some(({ name }) => name === 'refused')).toBe(false);
  });

  it('refuses to mount the engine socket, directly or by a link', async () => {
    const link = join(harness.folder, 'link');
    await symlink('/var/run/docker.sock', link);
    for (const source of ['/var/run/docker.sock', link]) {
      const spec = await harness.aSpec({ name: 'refused', requestId: 'refused', mounts: [{ source, target: '/x', readOnly: true }] });
      await expect(harness.sandbox.open(spec)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
  });

  it('mounts further folders read-only', async () => {
    const source = join(harness.folder, 'tools with space');
    await mkdir(source);
    await writeFile(join(source, 'tool'), 'hello');
    const mounts = [{ source, target: '/opt/tools', readOnly: true }];
    const session = await harness.sandbox.open(await harness.aSpec({ name: 'mounted', requestId: 'mounted', mounts }));
    expect((await session.exec(anExec(['cat', '/opt/tools/tool']))).stdout).toBe('hello');
    expect((await session.exec(anExec(['sh', '-c', 'echo x > /opt/tools/tool']))).exitCode).not.toBe(0);
  });

  it('says what it enforces and what not', async () => {
    await harness.sandbox.ping();
    expect(harness.sandbox.declared).toMatchObject({ reattach: true });
    expect(harness.sandbox.declared.enforced).toEqual(expect.arrayContaining(['no network', 'memory', 'pids', 'cpus', 'seccomp']));
    expect(harness.sandbox.declared.notEnforced.join()).toContain('disk');
  });

  it('reports a program that is not there by its exit code', async () => {
    const session = await harness.sandbox.open(await harness.aSpec({ name: 'nothing', requestId: 'nothing' }));
    expect([126, 127]).toContain((await session.exec(anExec(['no-such-program']))).exitCode);
  });

  it('keeps the end of a long output as well as its start', async () => {
    const session = await harness.sandbox.open(await harness.aSpec({ name: 'long', requestId: 'long' }));
    const { stdout } = await session.exec(anExec(['sh', '-c', 'echo first; yes | head -c 5000000; echo last'], { maxOutputBytes: 1000 }));
    expect(stdout).toMatch(/^first\n[\s\S]*\[… \d+ bytes left out …\][\s\S]*last\n$/);
  });
});

describe('DockerSandboxAdapter without an engine', () => {
  it('answers SANDBOX_UNAVAILABLE saying what to type', async () => {
    const away = new DockerSandboxAdapter({ host: 'unix:///no/such/docker.sock', installation: 'test' });
    await expect(away.ping()).rejects.toMatchObject({
      code: 'SANDBOX_UNAVAILABLE',
      message: expect.stringContaining('node scripts/provision-docker.mjs'),
    });
    await expect(away.list()).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
  });

  it('does not wait for an engine that never answers', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket));
    const folder = await mkdtemp(join(tmpdir(), 'countersign-mute-'));
    const path = join(folder, 'docker.sock');
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const mute = new DockerSandboxAdapter({ host: `unix://${path}`, installation: 'test', apiTimeoutMs: 300 });
    await expect(mute.ping()).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });
});
