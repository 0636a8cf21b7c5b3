import { execFileSync } from 'node:child_process';
import { lstat, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { importBare } from './import-source.js';
import { aGit, aRepository, type TestRepository } from './testing/index.js';
import { TreeCache } from './tree-cache.js';
import { RequestWorkspace, workspaceRoot } from './workspace.js';

const AT = '2026-02-03T04:05:06Z';
const isRoot = process.getuid?.() === 0;

let at: Awaited<ReturnType<typeof aGit>>;
let source: TestRepository;
let bare: string;
let base: string;
let next: string;
let count = 0;
let dir: string;
let cache: TreeCache;

beforeAll(async () => {
  at = await aGit();
  source = await aRepository(at.git, join(at.dir, 'source'), { 'a.txt': 'a\r\nb\n', 'dir/b.txt': 'b\n', 'dir/deep/c.txt': 'c\n', 'file': 'f\n', 'new\nline': 'n\n' });
  await source.run('config', 'core.symlinks', 'true');
  execFileSync('ln', ['-s', 'dir/b.txt', join(source.path, 'link')]);
  execFileSync('chmod', ['755', join(source.path, 'file')]);
  base = await source.commit({});
  await rm(join(source.path, 'link'));
  // A folder becomes a file, a file a folder, a link goes.
  await source.commit({ 'dir/deep/c.txt': null, 'dir/b.txt': null, file: null, 'file/x': 'x\n', 'a.txt': 'A\n' });
  await rm(join(source.path, 'dir'), { recursive: true });
  next = await source.commit({ dir: 'now a file\n' });
  bare = join(at.dir, 'bare');
  await importBare({ git: at.git, source: source.path, bareDir: bare, roots: [at.dir], allowPrivateHosts: false });
});
afterAll(() => at.remove());

beforeEach(() => {
  dir = join(at.dir, `cache-${(count += 1)}`);
  cache = new TreeCache({ dir, maxBytes: 1e9, minBytes: 0 });
});

async function aWorkspace(over: object = {}): Promise<{ workspace: RequestWorkspace; root: string }> {
  const root = workspaceRoot(at.dir, `r${(count += 1)}`);
  const workspace = new RequestWorkspace({ git: at.git, root, bare, cache, ...over });
  await workspace.prepare();
  return { workspace, root };
}

async function kept(): Promise<string[]> {
  const places = await readdir(dir).catch(() => []);
  return (await Promise.all(places.map(async (place) => (await readdir(join(dir, place))).map((tree) => join(dir, place, tree))))).flat();
}

/** Bytes, kind and mode of everything, and what its own git says of it. */
async function contentOf(folder: string): Promise<object> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => !name.startsWith('.git')).sort();
  const files = await Promise.all(
    names.map(async (name) => {
      const found = await lstat(join(folder, name));
      return [name, found.mode & 0o111, found.isFile() ? await readFile(join(folder, name), 'latin1') : found.isSymbolicLink()];
    }),
  );
  const git = (...args: string[]): string => execFileSync('git', ['-c', 'safe.directory=*', '-C', folder, ...args], { encoding: 'utf8' });
  git('fsck', '--strict', '--connectivity-only');
  return { files, status: git('status', '--porcelain'), log: git('log', '--format=%H %T') };
}

describe('a workspace from kept trees', () => {
  it('holds what one without a cache holds, from the first time on', async () => {
    const plain = await aWorkspace({ cache: undefined });
    const expected = await contentOf(await plain.workspace.checkout('work', base));
    for (let time = 0; time < 2; time += 1) {
      const { workspace } = await aWorkspace();
      expect(await contentOf(await workspace.checkout('work', base))).toEqual(expected);
      expect(await workspace.snapshot('work', { parent: base, message: 'x', at: AT })).toMatchObject({ commit: base, changed: false });
    }
    expect(await kept()).toHaveLength(1);
  });

  it('starts from the nearest kept tree, folders turned into files and back', async () => {
    const plain = await aWorkspace({ cache: undefined });
    const expected = await contentOf(await plain.workspace.checkout('work', next));
    const { workspace } = await aWorkspace();
    await workspace.checkout('work', base);
    expect(await contentOf(await workspace.checkout('work', next))).toEqual(expected);
    expect(await contentOf(await workspace.checkout('plan', next, { readOnly: true }))).toEqual(expected);
    expect(await kept()).toHaveLength(1);
    expect(await contentOf(await workspace.checkout('work', base))).toEqual(await contentOf(await plain.workspace.checkout('work', base)));
  });

  it('takes a copy that was made beforehand, whatever comes on top of it', async () => {
    const plain = await aWorkspace({ cache: undefined });
    const spares = new TreeCache({ dir, maxBytes: 1e9, minBytes: 0, spares: true });
    const { workspace } = await aWorkspace({ cache: spares });
    await workspace.checkout('work', base);
    const [entry = ''] = await kept();
    const spareOf = async (): Promise<string | undefined> => (await readdir(entry)).find((name) => name.startsWith('spare-'));
    for (const commit of [base, next, base]) {
      await spares.idle();
      const spare = join(entry, (await spareOf()) ?? 'none');
      const { ino } = await stat(join(spare, 'new\nline'));
      const expected = await contentOf(await plain.workspace.checkout('work', commit));
      const path = await workspace.checkout('work', commit);
      expect(await contentOf(path)).toEqual(expected);
      expect((await stat(join(path, 'new\nline'))).ino).toBe(ino);
      for (const name of ['', '.git/HEAD', 'new\nline', 'a.txt']) expect((await lstat(join(path, name))).uid).toBe(isRoot ? 10001 : process.getuid?.());
    }
    await spares.idle();
    const [pack = ''] = await readdir(join(entry, 'files/.git/objects/pack'));
    expect((await stat(join(entry, 'files/.git/objects/pack', pack))).uid).toBe(process.getuid?.());
  });

  it('cannot reach the kept files through a folder that is written', async () => {
    const first = await aWorkspace();
    const path = await first.workspace.checkout('work', base);
    const [entry = ''] = await kept();
    const inodes = async (folder: string): Promise<number[]> => Promise.all(['a.txt', 'file'].map(async (name) => (await stat(join(folder, name))).ino));
    const ours = await inodes(join(entry, 'files'));
    for (const ino of await inodes(path)) expect(ours).not.toContain(ino);
    await writeFile(join(path, 'a.txt'), 'evil');
    const second = await aWorkspace();
    expect(await readFile(join(await second.workspace.checkout('work', base), 'a.txt'), 'utf8')).toBe('a\r\nb\n');
  });

  it('shares only files that the sandbox cannot write', async () => {
    const { workspace } = await aWorkspace();
    const path = await workspace.checkout('plan', base, { readOnly: true });
    const [pack = ''] = (await readdir(join(path, '.git/objects/pack'))).filter((name) => name.endsWith('.pack'));
    for (const name of ['a.txt', join('.git/objects/pack', pack)]) {
      const { uid, nlink, mode } = await stat(join(path, name));
      expect({ uid, isShared: nlink > 1 }).toEqual(isRoot ? { uid: 0, isShared: true } : { uid: process.getuid?.(), isShared: false });
      expect(mode & 0o022).toBe(0);
      expect(mode & 0o004).toBe(0o004);
    }
    // Its folders are the reader's own, or its git would not trust them.
    for (const name of ['', '.git', '.git/HEAD', 'dir']) expect((await stat(join(path, name))).uid).toBe(isRoot ? 10001 : process.getuid?.());
    await workspace.checkout('plan', base, { readOnly: true });
    await workspace.destroy();
    const [entry = ''] = await kept();
    expect(await readFile(join(entry, 'files', 'a.txt'), 'utf8')).toBe('a\r\nb\n');
    expect((await stat(join(entry, 'files', 'a.txt'))).uid).toBe(process.getuid?.());
  });

  it('keeps only what is on a branch, so that no request sees objects of another', async () => {
    const { workspace } = await aWorkspace();
    await workspace.checkout('work', base);
    for (const entry of await kept()) await rm(entry, { recursive: true });
    await writeFile(join(workspaceRoot(at.dir, `r${count}`), 'work', 'own'), 'own\n');
    const { commit, tree } = await workspace.snapshot('work', { parent: base, message: 'x', at: AT });
    await workspace.checkout('work', commit);
    await workspace.checkout('work', tree);
    expect(await kept()).toEqual([]);
  });
});

describe('TreeCache', () => {
  it('fills once for workspaces that are made at the same time', async () => {
    const made = await Promise.all([1, 2, 3].map(() => aWorkspace()));
    const paths = await Promise.all(made.map(({ workspace }) => workspace.checkout('work', base)));
    const [first, ...others] = await Promise.all(paths.map(contentOf));
    for (const other of others) expect(other).toEqual(first);
    expect(await kept()).toHaveLength(1);
  });

  it('lets the first count where two processes fill it', async () => {
    const others = [1, 2].map(() => new TreeCache({ dir, maxBytes: 1e9, minBytes: 0 }));
    const made = await Promise.all(others.map((other) => aWorkspace({ cache: other })));
    const [first, second] = await Promise.all(made.map(async ({ workspace }) => contentOf(await workspace.checkout('work', base))));
    expect(second).toEqual(first);
    expect(await kept()).toHaveLength(1);
    expect((await readdir(dir)).filter((name) => /^(tmp|trash)-/.test(name))).toEqual([]);
  });

  it('stays within its bytes and lets go of what was unused for longest', async () => {
    const keep = async (of: TreeCache, tree: string): Promise<void> => void (await of.keep('/bare', tree, (files) => writeFile(join(files, 'x'), Buffer.alloc(40_000, 'x'))));
    const bounded = new TreeCache({ dir, maxBytes: 130_000, minBytes: 0 });
    await keep(bounded, 'one');
    await keep(bounded, 'two');
    const [one = ''] = (await kept()).filter((entry) => entry.endsWith('one'));
    await utimes(join(one, 'about.json'), new Date(0), new Date(0));
    await bounded.find('/bare', 'one');
    const [two = ''] = (await kept()).filter((entry) => entry.endsWith('two'));
    await utimes(join(two, 'about.json'), new Date(0), new Date(0));
    await keep(bounded, 'three');
    expect((await bounded.trees('/bare')).toSorted()).toEqual(['one', 'three']);
    expect(await bounded.hasRoomFor(100_000)).toBe(false);
  });

  it('writes the files anew where an entry goes while it is copied', async () => {
    const { workspace } = await aWorkspace();
    const path = await workspace.checkout('work', base);
    const expected = await contentOf(path);
    const [entry = ''] = await kept();
    // Another process removes it, file by file, and a third puts it back meanwhile.
    await rm(join(entry, 'files', 'dir'), { recursive: true });
    const about = await readFile(join(entry, 'about.json'), 'utf8');
    const changed = new TreeCache({ dir, maxBytes: 1e9, minBytes: 0 });
    const isWhole = changed.isWhole.bind(changed);
    changed.isWhole = async (found) => {
      await writeFile(join(entry, 'about.json'), about.replace(/"stamp":"[^"]*"/, '"stamp":"another"'));
      return isWhole(found);
    };
    const other = await aWorkspace({ cache: changed });
    expect(await contentOf(await other.workspace.checkout('work', base))).toEqual(expected);
  });

  it('does not use an entry that is damaged, and puts another in its place', async () => {
    const keep = (): Promise<unknown> => cache.keep('/bare', 'tree', (files) => writeFile(join(files, 'x'), 'x'));
    await keep();
    const [entry = ''] = await kept();
    await writeFile(join(entry, 'about.json'), '{');
    expect(await cache.find('/bare', 'tree')).toBeUndefined();
    expect(await keep()).toMatchObject({ tree: 'tree' });
    await cache.drop('/bare', 'tree');
    expect(await cache.find('/bare', 'tree')).toBeUndefined();
  });

  it('does not use an entry of an earlier start of the machine', async () => {
    const { workspace } = await aWorkspace();
    await workspace.checkout('work', base);
    const [entry = ''] = await kept();
    const about = JSON.parse(await readFile(join(entry, 'about.json'), 'utf8')) as object;
    await writeFile(join(entry, 'about.json'), JSON.stringify({ ...about, boot: 'earlier' }));
    await writeFile(join(entry, 'files', 'a.txt'), '');
    const path = await workspace.checkout('work', base);
    expect(await readFile(join(path, 'a.txt'), 'utf8')).toBe('a\r\nb\n');
  });

  it('removes what a killed process left, once it is old', async () => {
    const { workspace } = await aWorkspace();
    await workspace.checkout('work', base);
    const [entry = ''] = await kept();
    await rename(entry, join(dir, 'tmp-left'));
    await workspace.checkout('work', base);
    expect(await readdir(dir)).toContain('tmp-left');
    await utimes(join(dir, 'tmp-left'), new Date(0), new Date(0));
    await cache.keep('/other', 'tree', (files) => writeFile(join(files, 'x'), 'x'));
    expect(await readdir(dir)).not.toContain('tmp-left');
  });
});
