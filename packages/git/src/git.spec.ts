import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Git, type GitRunOptions } from './git.js';
import { scrubCredentials } from './scrub.js';
import { aGit, aRepository } from './testing/index.js';

type Fixture = Awaited<ReturnType<typeof aGit>>;
let at: Fixture;
beforeAll(async () => {
  at = await aGit();
});
afterAll(() => at.remove());

/** A program that stands in for git. */
async function aProgram(name: string, script: string): Promise<Git> {
  const binary = join(at.dir, name);
  await writeFile(binary, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return new Git({ binary, configFile: join(at.dir, 'home', 'countersign.gitconfig') });
}

describe('Git', () => {
  it('writes its configuration for its own eyes only and turns hooks off in it', async () => {
    const file = join(at.dir, 'home', 'countersign.gitconfig');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { stdout } = await at.git.run(['config', '--get', 'core.hooksPath'], { deadlineMs: 5000 });
    expect(stdout.toString()).toBe('/dev/null\n');
    expect(await readFile(file, 'utf8')).not.toContain('[safe]');
  });

  it('hands nothing of its own environment on', async () => {
    const git = await aProgram('env-git', 'env | cut -d= -f1 | sort');
    const { stdout } = await git.run([], { deadlineMs: 5000 });
    const names = stdout.toString().split('\n').filter((name) => name !== '' && !/^(GIT_|PWD|SHLVL|_$|OLDPWD)/.test(name));
    expect(names).toEqual(['HOME', 'LC_ALL', 'PATH', 'SSH_ASKPASS', 'TZ']);
  });

  it('runs no hook and no filter of a repository', async () => {
    const repository = await aRepository(at.git, join(at.dir, 'hooked'), { a: '1\n' });
    await mkdir(join(repository.path, '.git', 'hooks'), { recursive: true });
    await writeFile(join(repository.path, '.git', 'hooks', 'pre-commit'), `#!/bin/sh\ntouch ${at.dir}/hooked-ran\n`, { mode: 0o755 });
    await repository.commit({ a: '2\n' });
    await expect(stat(join(at.dir, 'hooked-ran'))).rejects.toThrow('ENOENT');
  });

  it('refuses every transport that was not named', async () => {
    const repository = await aRepository(at.git, join(at.dir, 'source'), { a: '1\n' });
    await expect(at.git.run(['ls-remote', repository.path], { deadlineMs: 5000 })).rejects.toMatchObject({ code: 'GIT_FAILED' });
    await expect(at.git.run(['ls-remote', 'ext::sh -c true'], { deadlineMs: 5000, protocols: 'file' })).rejects.toMatchObject({ code: 'GIT_FAILED' });
  });

  it('kills the whole process group at the deadline and on abort', async () => {
    const git = await aProgram('slow-git', `(sleep 30; touch ${at.dir}/outlived) & echo $! > ${at.dir}/child; wait`);
    await expect(git.run([], { deadlineMs: 300 })).rejects.toMatchObject({ code: 'GIT_TIMEOUT' });
    const child = Number(await readFile(join(at.dir, 'child'), 'utf8'));
    expect((await readFile(`/proc/${child}/stat`, 'utf8').catch(() => ') Z')).replace(/.*\) /, '').charAt(0)).toBe('Z');
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 100);
    await expect(git.run([], { deadlineMs: 10_000, signal: abort.signal })).rejects.toMatchObject({ code: 'GIT_TIMEOUT' });
  });

  it('stops a program that writes more than was asked for', async () => {
    const git = await aProgram('loud-git', 'yes');
    await expect(git.run([], { deadlineMs: 10_000, maxOutputBytes: 1000 })).rejects.toMatchObject({ code: 'GIT_FAILED' });
  });

  it('takes credentials out of what it reports, and classifies by exit code', async () => {
    const git = await aProgram('chatty-git', 'echo "fatal: https://ada:hunter2@example.org/x failed" >&2; exit 3');
    const options: GitRunOptions = { deadlineMs: 5000 };
    await expect(git.run(['fetch'], options)).rejects.toMatchObject({
      code: 'GIT_FAILED',
      message: expect.not.stringContaining('hunter2'),
      details: { command: 'fetch', exitCode: 3, stderr: 'fatal: https://***@example.org/x failed' },
    });
    await expect(git.run(['fetch'], { ...options, okExitCodes: [3] })).resolves.toMatchObject({ exitCode: 3 });
    expect(scrubCredentials('Authorization: Basic Zm9v ghp_0123456789abcdefghij')).toBe('Authorization: Basic *** ***');
    // What another machine says may be one long word.
    const word = 'x'.repeat(65_536);
    const begin = performance.now();
    expect(scrubCredentials(`${word}://ada:hunter2@example.org`)).toBe(`${word}://***@example.org`);
    expect(performance.now() - begin).toBeLessThan(1_500);
  });

  it('answers its version and refuses one without merge-tree', async () => {
    expect(await at.git.version()).toMatch(/^\d+\.\d+/);
    const old = await aProgram('old-git', 'echo "git version 2.37.9"');
    await expect(old.version()).rejects.toMatchObject({ code: 'GIT_TOO_OLD' });
    const apple = await aProgram('apple-git', 'echo "git version 2.50.1 (Apple Git-155)"');
    await expect(apple.version()).resolves.toBe('2.50.1');
    await expect(new Git({ binary: '/no/git', configFile: join(at.dir, 'home', 'x') }).version()).rejects.toMatchObject({ code: 'PART_MISSING' });
  });
});
