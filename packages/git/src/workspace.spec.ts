import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, readFile, readdir, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { importBare } from './import-source.js';
import { aGit, aRepository, type TestRepository } from './testing/index.js';
import { RequestWorkspace, workspaceRoot } from './workspace.js';

const AT = '2026-02-03T04:05:06Z';
const ODD = { 'sp ace': 's\n', '-leading': 'd\n', 'new\nline': 'n\n', '"quoted"\\': 'q\n', 'uml-ä': 'u\n' };

let at: Awaited<ReturnType<typeof aGit>>;
let source: TestRepository;
let base: string;
let count = 0;
let workspace: RequestWorkspace;
let root: string;

beforeAll(async () => {
  at = await aGit();
  source = await aRepository(at.git, join(at.dir, 'source'), {
    ...ODD,
    'a.txt': 'a\r\nb\n',
    'dir/b.txt': 'b\n',
    '.gitignore': 'ignored/\n*.log\n',
    '.gitattributes': '* text=auto eol=crlf filter=evil ident\n',
  });
  // Two commits, so that a shallow copy of it lacks one.
  base = await source.commit({ 'b.txt': 'b\n' });
  await importBare({ git: at.git, source: source.path, bareDir: join(at.dir, 'bare'), roots: [at.dir], allowPrivateHosts: false });
});
afterAll(() => at.remove());

beforeEach(async () => {
  root = workspaceRoot(at.dir, `r${(count += 1)}`);
  workspace = new RequestWorkspace({ git: at.git, root, bare: join(at.dir, 'bare') });
  await workspace.prepare();
});

const path = (...parts: string[]): string => join(root, 'work', ...parts);
const snapshot = (over: object = {}) => workspace.snapshot('work', { parent: base, message: 'step', at: AT, ...over });

/** A repository inside the workspace whose configuration names a program. */
async function nestRepository(name: string): Promise<void> {
  const made = await aRepository(at.git, join(at.dir, `made-${(count += 1)}`), { file: 'x' });
  await made.run('config', 'core.fsmonitor', `touch ${at.dir}/evil-ran; false`);
  await mkdir(path(name), { recursive: true });
  await rename(join(made.path, '.git'), path(name, '.git'));
}

describe('RequestWorkspace', () => {
  it('removes what a killed process left, but nothing of folders that are filled beside others', async () => {
    for (const name of ['stage-work-x', 'trash-check-x', 'stage-review-x', 'stage-chat-x']) await mkdir(join(root, name));
    await workspace.prepare();
    expect((await readdir(root)).filter((name) => /^(stage|trash)-/.test(name)).sort()).toEqual(['stage-chat-x', 'stage-review-x']);
  });

  it('keeps every object and attribute in sight of those who read while it is prepared again', async () => {
    let isOver = false;
    const files = [join(root, 'git', 'objects', 'info', 'alternates'), join(root, 'git', 'info', 'attributes')];
    const whole = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    const seen = new Set<string>();
    const watch = async (): Promise<void> => {
      while (!isOver) for (const [at, file] of files.entries()) if ((await readFile(file, 'utf8')) !== whole[at]) seen.add(file);
    };
    const watching = watch();
    for (let round = 0; round < 40; round += 1) await workspace.prepare();
    isOver = true;
    await watching;
    expect([...seen]).toEqual([]);
  }, 30_000);

  it('checks out exactly the bytes of the commit, with a throw-away repository', async () => {
    await workspace.prepare();
    expect(await workspace.checkout('work', base)).toBe(path());
    const listed = await workspace.list(base);
    for (const file of listed) expect(await readFile(path(file.path))).toEqual(await workspace.read(base, file.path));
    expect(new Set(await readdir(path()))).toEqual(new Set(['.git', ...listed.map((file) => file.path.split('/')[0])]));
    const log = execFileSync('git', ['-c', 'safe.directory=*', '-C', path(), 'log', '--oneline'], { encoding: 'utf8' });
    expect(log.trim().split('\n')).toHaveLength(1);
    await expect(stat(path('.git', 'objects', 'info', 'alternates'))).rejects.toThrow('ENOENT');
    expect(await workspace.read(base, 'nowhere')).toBeUndefined();
  });

  it('gives the files to the sandbox owner where we are root, and links themselves', async () => {
    await workspace.checkout('work', base);
    const expected = process.getuid?.() === 0 ? 10001 : process.getuid?.();
    for (const name of ['', 'a.txt', 'dir', 'dir/b.txt', '.git/HEAD']) expect((await lstat(path(name))).uid).toBe(expected);
  });

  it('keeps the folder and its inode over a second checkout', async () => {
    await workspace.checkout('work', base);
    const { ino } = await stat(path());
    await writeFile(path('extra'), 'x');
    await workspace.checkout('work', base);
    expect((await stat(path())).ino).toBe(ino);
    await expect(stat(path('extra'))).rejects.toThrow('ENOENT');
    expect((await readdir(root)).sort()).toEqual(['git', 'work']);
  });

  it('says that nothing changed, attributes and ignored files notwithstanding', async () => {
    await workspace.checkout('work', base);
    await mkdir(path('ignored'));
    await writeFile(path('ignored', 'x'), 'x');
    expect(await snapshot()).toMatchObject({ commit: base, changed: false });
  });

  it('commits what changed, the same commit for the same files', async () => {
    await workspace.checkout('work', base);
    await writeFile(path('a.txt'), 'A\r\n');
    await writeFile(path('new\nfile'), '1\n2\n');
    await writeFile(path('-rf'), 'x');
    await writeFile(path('run.sh'), 'x', { mode: 0o755 });
    await writeFile(path('bin'), Buffer.from([0, 1, 2]));
    await rm(path('sp ace'));
    const first = await snapshot();
    expect(await snapshot()).toEqual(first);
    expect(first.changed).toBe(true);
    const { patch, files } = await workspace.diff(base, first.commit);
    expect(files).toEqual([
      { path: '-rf', change: 'add', added: 1, removed: 0, binary: false },
      { path: 'a.txt', change: 'edit', added: 1, removed: 2, binary: false },
      { path: 'bin', change: 'add', added: 0, removed: 0, binary: true },
      { path: 'new\nfile', change: 'add', added: 2, removed: 0, binary: false },
      { path: 'run.sh', change: 'add', added: 1, removed: 0, binary: false },
      { path: 'sp ace', change: 'delete', added: 0, removed: 1, binary: false },
    ]);
    const patchFile = join(at.dir, 'patch');
    await writeFile(patchFile, patch);
    await source.run('apply', '--cached', patchFile);
    expect(await source.run('write-tree')).toBe(first.tree);
    await source.run('reset', '-q', '--hard');
    const author = await workspace.list(first.commit);
    expect(author.find((file) => file.path === 'run.sh')).toMatchObject({ mode: '100755', bytes: 1 });
  });

  it('adds an ignored file only where it is forced', async () => {
    await workspace.checkout('work', base);
    await writeFile(path('plan.log'), 'x');
    expect((await snapshot()).changed).toBe(false);
    const forced = await snapshot({ force: ['plan.log', 'nowhere', '../../etc/passwd'] });
    expect((await workspace.diff(base, forced.commit)).files.map((file) => file.path)).toEqual(['plan.log']);
  });

  it('finds a file edited to the same size within the same moment', async () => {
    await workspace.checkout('work', base);
    await writeFile(path('dir', 'b.txt'), 'c\n');
    const one = await snapshot();
    await writeFile(path('dir', 'b.txt'), 'd\n');
    const two = await snapshot({ parent: one.commit });
    expect((await workspace.read(two.commit, 'dir/b.txt'))?.toString()).toBe('d\n');
  });
});

describe('RequestWorkspace after a hostile process', () => {
  const outside = (): string => join(at.dir, 'outside');

  beforeEach(async () => {
    await workspace.checkout('work', base);
    await mkdir(join(outside(), 'dir'), { recursive: true });
    await writeFile(join(outside(), 'b.txt'), 'secret\n');
  });

  it('goes through no link that stands in for a folder', async () => {
    await rm(path('dir'), { recursive: true });
    await symlink(outside(), path('dir'));
    const { commit } = await snapshot();
    expect((await workspace.inspect(base, commit)).symlinks).toEqual([{ path: 'dir', target: outside() }]);
    expect(await workspace.read(commit, 'dir/b.txt')).toBeUndefined();
    await workspace.restore('work', base);
    expect((await lstat(path('dir'))).isDirectory()).toBe(true);
    expect(await readFile(join(outside(), 'b.txt'), 'utf8')).toBe('secret\n');
    expect((await stat(join(outside(), 'b.txt'))).uid).toBe(process.getuid?.());
  });

  it('restores over folders in place of files, unreadable modes and deep rubbish', async () => {
    await rm(path('a.txt'));
    await mkdir(path('a.txt', 'deep', 'er'), { recursive: true });
    await writeFile(path('a.txt', 'deep', 'x'), 'x', { mode: 0 });
    await chmod(path('a.txt', 'deep'), 0);
    await rm(path('dir'), { recursive: true });
    await writeFile(path('dir'), 'file');
    await rm(path('.git'), { recursive: true });
    await symlink('/etc', path('.git'));
    await chmod(path(), 0o500);
    const { commit } = await snapshot();
    expect((await workspace.list(commit)).map((file) => file.path)).toEqual(expect.arrayContaining(['a.txt/deep/x', 'dir']));
    await workspace.restore('work', base);
    expect(await snapshot()).toMatchObject({ changed: false, nested: [], unstorable: [] });
    expect((await lstat(path('.git'))).isDirectory()).toBe(true);
  });

  it('never turns a nested repository into a gitlink, and runs nothing of its configuration', async () => {
    await nestRepository('nested');
    await nestRepository('dir');
    await writeFile(path('nested', 'file'), 'x');
    await writeFile(path('dir', 'added'), 'x');
    const taken = await snapshot();
    expect(taken.nested).toEqual(['nested/']);
    const inspected = await workspace.inspect(base, taken.commit);
    expect(inspected).toMatchObject({ gitlinks: [], nested: ['nested/'] });
    expect((await workspace.diff(base, taken.commit)).files.map((file) => file.path)).toEqual(['dir/added']);
    await expect(stat(join(at.dir, 'evil-ran'))).rejects.toThrow('ENOENT');
  });

  it('ignores what the work tree says of filters, and of its own repository', async () => {
    await writeFile(path('.git', 'config'), `[core]\n\tfsmonitor = touch ${at.dir}/evil-ran\n[filter "evil"]\n\tclean = touch ${at.dir}/evil-ran\n`);
    await writeFile(path('a.txt'), 'x\r\n');
    const { commit } = await snapshot();
    expect((await workspace.read(commit, 'a.txt'))?.toString()).toBe('x\r\n');
    await expect(stat(join(at.dir, 'evil-ran'))).rejects.toThrow('ENOENT');
  });

  it('reports pipes, reserved names, names that are not UTF-8 and files over 10 MB', async () => {
    execFileSync('mkfifo', [path('pipe'), path('dir', 'pipe')]);
    await rm(path('a.txt'));
    execFileSync('mkfifo', [path('a.txt')]);
    await mkdir(path('.GIT'));
    await writeFile(path('.GIT', 'config'), 'x');
    await writeFile(path('git~1'), 'x');
    await symlink('x', path('.gitmodules'));
    await writeFile(Buffer.concat([Buffer.from(`${path()}/odd-`), Buffer.from([0xff, 0xfe])]), 'x');
    await writeFile(path('dir', '.gitmodules'), 'not the one that counts');
    await writeFile(path('big'), Buffer.alloc(10 * 1024 * 1024 + 1));
    const { commit } = await snapshot();
    const inspected = await workspace.inspect(base, commit);
    expect([...inspected.devices].sort()).toEqual(['.GIT/config', '.gitmodules', 'a.txt', 'dir/pipe', 'git~1', 'pipe']);
    expect(inspected.nonUtf8).toEqual(['odd-\\xff\\xfe']);
    expect(inspected.oversized).toEqual([{ path: 'big', bytes: 10 * 1024 * 1024 + 1 }]);
  });
});

describe('RequestWorkspace with submodules', () => {
  it('leaves a submodule alone whatever lies in its folder, and shows where one goes or comes', async () => {
    const commit = await withGitlink();
    await workspace.checkout('work', commit);
    expect(await snapshot({ parent: commit })).toMatchObject({ changed: false });
    await nestRepository('sub');
    await writeFile(path('sub', 'x'), 'x');
    expect(await snapshot({ parent: commit })).toMatchObject({ changed: false });
    await expect(stat(join(at.dir, 'evil-ran'))).rejects.toThrow('ENOENT');
    await rm(path('sub'), { recursive: true });
    const gone = await snapshot({ parent: commit });
    expect(await workspace.inspect(commit, gone.commit)).toMatchObject({ gitlinks: ['sub'] });
    expect((await workspace.list(commit)).find((file) => file.mode === '160000')).toEqual({ path: 'sub', mode: '160000', bytes: 0 });
  });

  async function withGitlink(): Promise<string> {
    const gitDir = join(root, 'git');
    const env = { GIT_DIR: gitDir, GIT_INDEX_FILE: join(root, 'git', 'made'), PATH: '/usr/bin:/bin', GIT_AUTHOR_NAME: 'x', GIT_AUTHOR_EMAIL: 'x', GIT_COMMITTER_NAME: 'x', GIT_COMMITTER_EMAIL: 'x' };
    const run = (...args: string[]): string => execFileSync('git', args, { env, encoding: 'utf8' }).trim();
    run('read-tree', base);
    run('update-index', '--add', '--cacheinfo', `160000,${base},sub`);
    return run('commit-tree', '-m', 'with a submodule', '-p', base, run('write-tree'));
  }
});

describe('RequestWorkspace on a shallow source', () => {
  it('works and publishes as on any other', async () => {
    await source.run('clone', '-q', '--depth=1', `file://${source.path}`, join(at.dir, 'shallow'));
    const bare = join(at.dir, 'shallow-bare');
    const { tip } = await importBare({ git: at.git, source: join(at.dir, 'shallow'), bareDir: bare, roots: [at.dir], allowPrivateHosts: false });
    const shallow = new RequestWorkspace({ git: at.git, root, bare });
    await shallow.prepare();
    await shallow.checkout('work', tip);
    await writeFile(path('a.txt'), 'x');
    const { commit } = await shallow.snapshot('work', { parent: tip, message: 'x', at: AT });
    expect(await shallow.publish(commit, 'refs/heads/x', null)).toBe(true);
    expect(await shallow.isAncestor(tip, commit)).toBe(true);
  });
});

describe('RequestWorkspace.publish', () => {
  it('moves a ref only from what it is expected to be', async () => {
    await workspace.checkout('work', base);
    await writeFile(path('a.txt'), 'published\n');
    const { commit } = await snapshot();
    const ref = `refs/heads/countersign/r${count}`;
    expect(await workspace.publish(commit, ref, null)).toBe(true);
    expect(await workspace.publish(commit, ref, null)).toBe(true);
    await writeFile(path('a.txt'), 'again\n');
    const next = await snapshot();
    expect(await workspace.publish(next.commit, ref, null)).toBe(false);
    expect(await workspace.publish(next.commit, ref, commit)).toBe(true);
  });

  it('removes everything at the end, also twice, and knows no foreign ids', async () => {
    await workspace.destroy();
    await workspace.destroy();
    await expect(readlink(root)).rejects.toThrow('ENOENT');
    expect(() => workspaceRoot('/data', '../x')).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
    await expect(workspace.checkout('git', base)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
