import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { aGit, aRepository } from './testing/index.js';
import { RequestWorkspace, workspaceRoot } from './workspace.js';

const AT = '2026-02-03T04:05:06Z';

let at: Awaited<ReturnType<typeof aGit>>;
let bare: string;
let base: string;
let count = 0;
let workspace: RequestWorkspace;
let root: string;
let into: string;

beforeAll(async () => {
  at = await aGit();
  const source = await aRepository(at.git, join(at.dir, 'source'), { '.gitignore': 'node_modules/\n*.log\n', 'a.txt': 'a\n', 'part [1]/b.txt': 'b\n' });
  base = await source.run('rev-parse', 'HEAD');
  bare = join(source.path, '.git');
});
afterAll(() => at.remove());

beforeEach(async () => {
  root = workspaceRoot(at.dir, `r${(count += 1)}`);
  workspace = new RequestWorkspace({ git: at.git, root, bare });
  await workspace.prepare();
  await workspace.checkout('work', base);
  into = await mkdtemp(join(at.dir, 'kept-'));
  await mkdir(join(root, 'work/part [1]/node_modules/x'), { recursive: true });
  await writeFile(join(root, 'work/part [1]/node_modules/x/index.js'), 'x');
  await writeFile(join(root, 'work/install.log'), 'log');
});

describe('a folder beside the checkout', () => {
  it('holds copies of what is kept, its user’s own, and nothing of an earlier use', async () => {
    const kept = await mkdtemp(join(at.dir, 'kept-'));
    await mkdir(join(kept, 'deep'));
    await writeFile(join(kept, 'deep/x'), 'x');
    await symlink('/etc/passwd', join(kept, 'link'));
    const folder = await workspace.placeFolder('work-cache', kept);
    expect(await readFile(join(folder, 'deep/x'), 'utf8')).toBe('x');
    for (const name of ['', 'deep', 'deep/x']) expect((await stat(join(folder, name))).uid).toBe((await stat(join(root, 'work/a.txt'))).uid);
    await writeFile(join(folder, 'deep/x'), 'changed');
    await workspace.keepFolder('work-cache', into, async () => (path) => path === 'link');
    expect(await readdir(into)).toEqual(['deep']);
    expect(await readFile(join(kept, 'deep/x'), 'utf8')).toBe('x');
    expect(await readdir(await workspace.placeFolder('work-cache', undefined))).toEqual([]);
    await workspace.dropFolder('work-cache');
    await expect(stat(folder)).rejects.toThrow('ENOENT');
  });
});

describe('gitTouchedSince', () => {
  it('sees a hook and a setting, and overlooks the index', async () => {
    const sinceMs = Date.now() + 50;
    await new Promise((resolve) => setTimeout(resolve, 100));
    await writeFile(join(root, 'work/.git/index'), '');
    expect(await workspace.gitTouchedSince('work', sinceMs)).toBe(false);
    await utimes(join(root, 'work/.git/config'), new Date(0), new Date(0));
    expect(await workspace.gitTouchedSince('work', sinceMs)).toBe(true);
  });
});

describe('ignored files', () => {
  it('are what a further folder gets a copy of, its user’s own', async () => {
    expect(await workspace.keepIgnored('work', base, into)).toBe(true);
    await workspace.checkout('other', base);
    expect(await workspace.addIgnored('other', into)).toBe(true);
    const path = join(root, 'other/part [1]/node_modules/x/index.js');
    expect(await readFile(path, 'utf8')).toBe('x');
    expect(await readFile(join(root, 'other/install.log'), 'utf8')).toBe('log');
    expect((await stat(path)).uid).toBe((await stat(join(root, 'other/a.txt'))).uid);
    expect((await stat(path)).nlink).toBe(1);
  });

  it('bring folders without files along, ignored or not', async () => {
    for (const folder of ['empty/deep', 'logs']) await mkdir(join(root, 'work', folder), { recursive: true });
    await writeFile(join(root, 'work/logs/a.log'), 'a');
    expect(await workspace.keepIgnored('work', base, into)).toBe(true);
    await workspace.checkout('other', base);
    expect(await workspace.addIgnored('other', into)).toBe(true);
    expect(await readdir(join(root, 'other/empty'))).toEqual(['deep']);
    expect(await readFile(join(root, 'other/logs/a.log'), 'utf8')).toBe('a');
  });

  it('stay out of a snapshot that ignores them no more', async () => {
    await workspace.keepIgnored('work', base, into);
    await workspace.checkout('other', base);
    await workspace.addIgnored('other', into);
    await writeFile(join(root, 'other/.gitignore'), '');
    await writeFile(join(root, 'other/new.log'), 'new');
    const { commit } = await workspace.snapshot('other', { parent: base, message: 'x', at: AT });
    expect((await workspace.changedPaths(base, commit)).toSorted()).toEqual(['.gitignore', 'new.log']);
  });

  it.each([
    ['a tracked file was changed', () => writeFile(join(root, 'work/a.txt'), 'changed')],
    ['a tracked file is gone', () => rm(join(root, 'work/a.txt'))],
    ['something is there that is not ignored', () => writeFile(join(root, 'work/new.txt'), 'new')],
  ])('are not kept where %s', async (_, change) => {
    await change();
    expect(await workspace.keepIgnored('work', base, into)).toBe(false);
    expect(await readdir(into)).toEqual([]);
  });

  it.each([
    ['a link stands for a folder on the way', async () => {
      await rm(join(root, 'other/part [1]'), { recursive: true });
      await symlink(at.dir, join(root, 'other/part [1]'));
    }],
    ['the name is taken', () => symlink('/etc', join(root, 'other/part [1]/node_modules'))],
  ])('are not placed where %s', async (_, change) => {
    await workspace.keepIgnored('work', base, into);
    await workspace.checkout('other', base);
    await change();
    expect(await workspace.addIgnored('other', into)).toBe(false);
    await expect(stat(join(root, 'other/install.log'))).rejects.toThrow('ENOENT');
    await expect(stat(join(at.dir, 'node_modules'))).rejects.toThrow('ENOENT');
  });
});
