import { chown, mkdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { anExec, type SandboxHarness } from './sandbox.contract.js';
import { CACHE_MOUNT, type SandboxSpec } from './sandbox.port.js';

/** Forks all the time, and leaves a process without a parent that writes as well. */
const BUSY = `
(setsid sh -c 'n=0; while :; do n=$((n + 1)); echo $n > /cache/orphan; sleep 0.01; done' >/dev/null 2>&1 &)
(while :; do date +%s%N > /cache/forks; done >/dev/null 2>&1 &)
while [ ! -s /cache/orphan ] || [ ! -s /cache/forks ]; do sleep 0.05; done
`;

/** The second place that may be written, and what makes it possible to copy it while programs are running. */
export function describeCache(name: string, makeHarness: () => Promise<SandboxHarness & { readonly folder: string }>): void {
  describe(`sandbox cache: ${name}`, () => {
    let harness: Awaited<ReturnType<typeof makeHarness>>;
    beforeAll(async () => {
      harness = await makeHarness();
    });
    afterAll(() => harness.close());

    const withCache = async (of: string, over: Partial<SandboxSpec> = {}): Promise<SandboxSpec & { readonly cache: { readonly folder: string } }> => {
      const spec = await harness.aSpec({ name: of, requestId: of, ...over });
      const folder = join(harness.folder, `${of} cache`);
      await mkdir(folder, { recursive: true });
      const { uid, gid } = await stat(spec.workspace);
      await chown(folder, uid, gid);
      return { ...spec, cache: { folder, env: { PIP_CACHE_DIR: `${CACHE_MOUNT}/pip`, BOTH: 'cache' } } };
    };

    it('is written beside the workspace, and named to programs where the specification does not say otherwise', async () => {
      const spec = await withCache('written', { env: { BOTH: 'own' } });
      const session = await harness.sandbox.open(spec);
      const { stdout } = await session.exec(anExec(['sh', '-c', 'mkdir -p "$PIP_CACHE_DIR" && echo kept > "$PIP_CACHE_DIR/x" && echo $BOTH; echo no > /elsewhere || echo refused']));
      expect(stdout).toBe('own\nrefused\n');
      expect(await readFile(join(spec.cache.folder, 'pip/x'), 'utf8')).toBe('kept\n');
      await session.stop();
    });

    it('is refused where it is a link, or of another owner', async () => {
      const spec = await withCache('refused');
      const link = join(harness.folder, 'cache-link');
      await symlink(spec.cache.folder, link);
      for (const folder of [link, '/proc', join(harness.folder, 'none')]) {
        await expect(harness.sandbox.open({ ...spec, cache: { folder, env: {} } })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      }
    });

    it('holds still while the sandbox is paused, and what ran goes on with what it had in /tmp', async () => {
      const spec = await withCache('paused');
      const session = await harness.sandbox.open(spec);
      await session.exec(anExec(['sh', '-c', `echo mine > /tmp/file; ${BUSY}`]));
      const changed = async (): Promise<readonly number[]> => Promise.all(['orphan', 'forks'].map(async (file) => (await stat(join(spec.cache.folder, file))).mtimeMs));
      const seen = await session.whilePaused(async () => {
        const before = await changed();
        await setTimeout(300);
        return { before, after: await changed() };
      });
      expect(seen.after).toEqual(seen.before);
      expect((await session.exec(anExec(['cat', '/tmp/file']))).stdout).toBe('mine\n');
      const goesOn = async (): Promise<boolean> => (await changed()).every((time, index) => time > (seen.after[index] ?? Infinity));
      for (let waited = 0; waited < 400 && !(await goesOn()); waited += 1) await setTimeout(50);
      expect(await goesOn()).toBe(true);
      await session.stop();
    });

    it('goes on after work that fails, and is not held by a session that was stopped', async () => {
      const session = await harness.sandbox.open(await withCache('failing'));
      await expect(session.whilePaused(() => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
      expect((await session.exec(anExec(['echo', 'on']))).stdout).toBe('on\n');
      await session.stop();
      await expect(session.whilePaused(async () => undefined)).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
    });
  });
}
