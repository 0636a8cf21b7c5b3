import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { DockerSandboxAdapter, ProjectImages } from '@countersign/sandbox';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { scriptImageProvisioner } from '../src/parts/image-provisioner.adapter.js';

const OWNER = 10001;
const ROOT = resolve(__dirname, '../../..');
const LIMITS = { memoryMb: 512, cpus: 1, pids: 128, fileMb: 64, tmpMb: 64 };

let workspace: string;
const env = process.env;
const host = env['DOCKER_HOST'];
const sandbox = new DockerSandboxAdapter({ installation: `image-${process.pid}`, ...(host === undefined ? {} : { host }) });

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'countersign-image-'));
  await writeFile(join(workspace, 'main.py'), 'import sys; print("python", sys.version_info.major)\n');
  if (process.getuid?.() === 0) await chown(workspace, OWNER, OWNER);
});
afterAll(async () => {
  await sandbox.destroy('r1');
  await rm(workspace, { recursive: true, force: true });
});

describe('the image `auto`', () => {
  it('is made for Python on this machine, or pulled, and runs it', async () => {
    const said: string[] = [];
    const images = new ProjectImages({ sandbox, defaultImage: 'none', provisioner: scriptImageProvisioner({ root: ROOT, env }), paths: async () => ['pyproject.toml'] });
    const ask = (): Promise<string> => images.imageOf({ image: 'auto', bare: '/', commit: 'c' }, { onProgress: (sentence) => void said.push(sentence) });
    const [image] = await Promise.all([ask(), ask()]);
    expect(await sandbox.hasImage(image)).toBe(true);
    expect(said[0]).toBe('Preparing the image for python: looking for it');

    const session = await sandbox.open({ name: `python-${process.pid}`, requestId: 'r1', image, workspace, workspaceReadOnly: false, mounts: [], env: {}, limits: LIMITS });
    const script = 'python3 main.py && python3 -m venv /tmp/v && /tmp/v/bin/pip --version && git --version';
    const result = await session.exec({ argv: ['sh', '-c', script], timeoutMs: 60_000, maxOutputBytes: 10_000 });
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/python 3\npip .*\ngit version /) });
  }, 600_000);

  it('says what to type where it cannot be made', async () => {
    const provisioner = scriptImageProvisioner({ root: ROOT, env: { ...env, DOCKER_HOST: 'tcp://127.0.0.1:1' } });
    const provision = await provisioner.provide(['go'], { onProgress: () => undefined, signal: AbortSignal.timeout(30_000) });
    expect(provision).toEqual({ ok: false, why: 'no engine answers', fix: expect.stringContaining('node scripts/') });
  });

  it('ends what builds at the deadline', async () => {
    const provisioner = scriptImageProvisioner({ root: ROOT, env });
    await expect(provisioner.provide(['go'], { onProgress: () => undefined, signal: AbortSignal.timeout(1) })).rejects.toThrow('timeout');
  });
});
