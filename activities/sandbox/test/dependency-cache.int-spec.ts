import { chmod, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';

import type { CheckResult } from '@countersign/domain';
import { aGit, aRepository, type TestRepository } from '@countersign/git/testing';

import { checkOn, dockerOf, type Adapter } from './check-harness.js';

jest.setTimeout(120_000);

/** Stands in for npm: each run installs something else. */
const NPM = `#!/bin/sh
rm -rf node_modules && mkdir -p node_modules/dep node_modules/.bin && date +%s%N > node_modules/dep/made
ln -s ../dep/made node_modules/.bin/made && ln -s /etc/passwd node_modules/outside && mkfifo node_modules/pipe
cp node_modules/dep/made node_modules/odd && chmod 4755 node_modules/odd
`;
const TEST = 'cat node_modules/.bin/made; ls -l node_modules; echo hostile > node_modules/dep/made';
const SETTINGS = { setupCommand: 'npm ci', testCommand: TEST, env: { PATH: '/workspace/bin:/usr/local/bin:/usr/bin:/bin' } };

let at: Awaited<ReturnType<typeof aGit>>;
let dir: string;
let source: TestRepository;
let adapter: Adapter;
let base: string;

beforeAll(async () => {
  at = await aGit();
  dir = at.dir;
  source = await aRepository(at.git, join(dir, 'source'), { '.gitignore': '/node_modules\n', 'package.json': '{}', 'bin/npm': NPM, 'src/index.js': '1' });
  await chmod(join(source.path, 'bin/npm'), 0o755);
  base = await source.commit({});
  adapter = dockerOf('cache');
});
beforeEach(() => rm(join(dir, 'dependencies'), { recursive: true, force: true }));
afterAll(async () => {
  await adapter.sandbox.destroy('r1');
  await at.remove();
});

/** One request's check; `setup`, and what its test read from the installed file. */
async function check(head: string, from = base): Promise<{ verdict: string; setup: CheckResult | undefined; ran: readonly string[]; read: string; listed: string }> {
  const { verdict, results, ran, printed } = await checkOn({ ...at, adapter, settings: SETTINGS }, head, from);
  const listed = printed['check-test'] ?? '';
  return { verdict, setup: results[0], ran, listed, read: /^\d{15,}$/m.exec(listed)?.[0] ?? '' };
}

describe('the dependency cache of an installer', () => {
  it('is written by the run on the base, and spares the change and the next request their own', async () => {
    const head = await source.commit({ 'src/index.js': '2' });
    const first = await check(head);
    expect(first).toMatchObject({ verdict: 'passed', ran: ['check-base-setup'], setup: { status: 'passed', note: expect.stringMatching(/^from the cache of .* UTC, base [0-9a-f]{12}$/) } });
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
    expect(changed).toMatchObject({ verdict: 'passed', ran: ['check-setup'], setup: { note: '' } });
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
    expect(await check(head)).toMatchObject({ verdict: 'passed', ran: ['check-setup'] });
    expect(await readdir('/etc')).not.toContain('dep');
  });

  it('serves the same base alone where an install runs a script of the project', async () => {
    await source.run('checkout', '-q', base);
    const own = await source.commit({ 'package.json': '{"scripts":{"prepare":"make"}}' });
    expect((await check(own, own)).ran).toEqual(['check-base-setup']);
    const head = await source.commit({ 'src/index.js': '4' });
    expect((await check(head, own)).ran).toEqual(['check-setup']);
  });
});
