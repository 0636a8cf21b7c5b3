import { chown, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { BareRepository } from './bare-repository.js';
import { fetchSource } from './fetch-source.js';
import { importBare, type ImportOptions } from './import-source.js';
import { aGit, aRepository, type TestRepository } from './testing/index.js';

let at: Awaited<ReturnType<typeof aGit>>;
let dir: string;
let roots: string[];
let source: TestRepository;

beforeAll(async () => {
  at = await aGit();
});
afterAll(() => at.remove());
beforeEach(async () => {
  dir = await mkdtemp(join(at.dir, 'case-'));
  await mkdir(join(dir, 'roots'));
  roots = [join(dir, 'roots')];
  source = await aRepository(at.git, join(dir, 'roots', 'it'), { a: '1\n' });
});

const bareDir = (): string => join(dir, 'data', 'projects', 'p.git');
const run = (over: Partial<ImportOptions> = {}) =>
  importBare({ git: at.git, source: source.path, bareDir: bareDir(), roots, dataDir: join(dir, 'data'), allowPrivateHosts: false, ...over });
const fetch = (over: object = {}) =>
  fetchSource({ git: at.git, source: source.path, bareDir: bareDir(), branch: 'main', roots, dataDir: join(dir, 'data'), allowPrivateHosts: false, ...over });

describe('importBare', () => {
  it('keeps the source apart and the working branch as the place of record', async () => {
    await source.run('branch', 'other');
    await source.run('tag', 'v1');
    const lines: string[] = [];
    const imported = await run({ onProgress: (line) => lines.push(line) });
    const tip = await source.run('rev-parse', 'HEAD');
    expect(imported).toEqual({ bareDir: bareDir(), branch: 'main', tip, branches: ['main', 'other'] });
    const refs = await new BareRepository(at.git, bareDir()).refs('refs/');
    expect(refs.map(({ ref }) => ref)).toEqual(['refs/heads/main', 'refs/remotes/source/main', 'refs/remotes/source/other']);
    expect(lines.length).toBeGreaterThan(0);
  });

  it('answers an import that is there, and begins cleanly after a crash', async () => {
    await mkdir(`${bareDir()}.importing-dead`, { recursive: true });
    await writeFile(`${bareDir()}.importing-dead/HEAD`, 'half');
    const first = await run();
    expect(await run()).toEqual(first);
    expect(await readdir(join(dir, 'data', 'projects'))).toEqual(['p.git']);
    const other = await aRepository(at.git, join(dir, 'roots', 'other'), { b: '1\n' });
    await expect(run({ source: other.path })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  });

  it('takes the branch that is named, a detached head and a sha256 repository', async () => {
    await source.run('checkout', '-q', '-b', 'feature/x');
    await source.run('checkout', '-q', '--detach');
    await expect(run({ branch: 'main' })).resolves.toMatchObject({ branch: 'main' });
    const sha256 = join(dir, 'roots', 'sha256');
    await at.git.run(['init', '-q', '--object-format=sha256', '-b', 'trunk', sha256], { deadlineMs: 5000 });
    const repository = await aRepository(at.git, sha256);
    const tip = await repository.commit({ a: '1' });
    await expect(run({ source: sha256, bareDir: join(dir, 'data', 's.git') })).resolves.toMatchObject({ branch: 'trunk', tip });
  });

  it('refuses an empty repository, a missing branch and what is no repository', async () => {
    const empty = await aRepository(at.git, join(dir, 'roots', 'empty'));
    await expect(run({ source: empty.path })).rejects.toMatchObject({ code: 'REPO_EMPTY', field: 'repo' });
    await expect(run({ branch: 'nope' })).rejects.toMatchObject({ code: 'BRANCH_MISSING', field: 'branch', message: expect.stringContaining('main') });
    await mkdir(join(dir, 'roots', 'plain'));
    await writeFile(join(dir, 'roots', 'file'), 'x');
    for (const name of ['plain', 'file', 'nowhere', 'it/.git/objects']) {
      await expect(run({ source: join(dir, 'roots', name) })).rejects.toMatchObject({ code: 'REPO_NOT_GIT' });
    }
    await expect(run({ source: 'relative' })).rejects.toMatchObject({ code: 'REPO_NOT_GIT' });
    await expect(readdir(join(dir, 'data', 'projects')).catch(() => [])).resolves.toEqual([]);
  });

  it('stays below the roots, links and .git files notwithstanding', async () => {
    const outside = await aRepository(at.git, join(dir, 'outside'), { a: '1\n' });
    await symlink(outside.path, join(dir, 'roots', 'link'));
    await mkdir(join(dir, 'roots', 'pointer'));
    await writeFile(join(dir, 'roots', 'pointer', '.git'), `gitdir: ${outside.path}/.git\n`);
    for (const path of [outside.path, join(dir, 'roots', 'link'), join(dir, 'roots', 'pointer'), join(dir, 'roots', '..', 'outside'), `${roots[0]}-not`, '/nowhere']) {
      await expect(run({ source: path })).rejects.toMatchObject({ code: 'REPO_NOT_ALLOWED', message: expect.stringContaining('COUNTERSIGN_REPO_ROOTS') });
    }
    await run();
    await expect(run({ source: bareDir(), bareDir: join(dir, 'data', 'q.git'), roots: [dir] })).rejects.toMatchObject({ code: 'REPO_NOT_ALLOWED' });
  });

  it('reads a repository of another owner and a linked work tree', async () => {
    await source.run('worktree', 'add', '-q', '-b', 'linked', join(dir, 'roots', 'linked'));
    if (process.getuid?.() === 0) for (const path of [source.path, join(source.path, '.git')]) await chown(path, 12345, 12345);
    await expect(run()).resolves.toMatchObject({ branch: 'main' });
    await expect(run({ source: join(dir, 'roots', 'linked'), bareDir: join(dir, 'data', 'l.git') })).resolves.toMatchObject({ branch: 'linked' });
  });

  it('reads a shallow source', async () => {
    await source.commit({ a: '2\n' });
    await source.commit({ a: '3\n' });
    await source.run('clone', '-q', '--depth=1', `file://${source.path}`, join(dir, 'roots', 'shallow'));
    await expect(run({ source: join(dir, 'roots', 'shallow') })).resolves.toMatchObject({ branch: 'main' });
  });

  it('runs nothing that the source configures', async () => {
    const mark = `touch ${dir}/ran`;
    for (const key of ['uploadpack.packObjectsHook', 'core.fsmonitor', 'core.sshCommand', 'core.alternateRefsCommand']) await source.run('config', key, mark);
    await source.run('config', 'extensions.partialClone', 'origin');
    await source.run('config', 'remote.origin.uploadpack', mark);
    await run();
    expect(await readdir(dir)).not.toContain('ran');
  });

  it('stops at the size limit and leaves nothing', async () => {
    await source.commit({ noise: Array.from({ length: 4000 }, () => Math.random()).join('\n') });
    await expect(run({ limits: { bytes: 5000, ms: 60_000 } })).rejects.toMatchObject({ code: 'REPO_TOO_LARGE', details: { limitBytes: 5000 } });
    expect(await readdir(join(dir, 'data', 'projects'))).toEqual([]);
  });
});

describe('fetchSource', () => {
  it('goes forward with the source, and is content where we are ahead', async () => {
    await run();
    expect(await fetch()).toMatchObject({ outcome: 'unchanged' });
    const tip = await source.commit({ a: '2\n' });
    expect(await fetch()).toEqual({ outcome: 'fetched', tip, sourceTip: tip });
    const ours = await mergeOfOurs(tip);
    expect(await fetch()).toEqual({ outcome: 'ahead', tip: ours, sourceTip: tip });
  });

  it('never goes sideways: both tips and the command that mends it', async () => {
    const { tip } = await run();
    const ours = await mergeOfOurs(tip);
    const theirs = await source.commit({ b: '2\n' });
    const refusal = await fetch().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'SOURCE_DIVERGED', details: { branch: 'main', ours, theirs, type: `git -C ${source.path} pull --no-rebase ${bareDir()} main` } });
    await source.run('pull', '-q', '--no-rebase', '--no-edit', bareDir(), 'main');
    expect(await fetch()).toMatchObject({ outcome: 'fetched' });
  });

  it('says that the source is away, and which branches are left', async () => {
    await run();
    await source.run('branch', '-m', 'main', 'trunk');
    await expect(fetch()).rejects.toMatchObject({ code: 'BRANCH_MISSING', message: expect.stringContaining('trunk') });
    await rename(source.path, `${source.path}-moved`);
    await expect(fetch()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE', details: { source: source.path } });
    await rm(`${source.path}-moved`, { recursive: true });
  });

  it('lets two fetches at once both end well', async () => {
    await run();
    const tip = await source.commit({ a: '2\n' });
    const both = await Promise.all([fetch(), fetch(), fetch()]);
    expect(both.map((fetched) => fetched.tip)).toEqual([tip, tip, tip]);
  });

  async function mergeOfOurs(parent: string): Promise<string> {
    const bare = new BareRepository(at.git, bareDir());
    const tree = await bare.writeTree({ 'of-ours': 'x' }, parent);
    const commit = await bare.commit({ tree, parents: [parent], message: 'ours', name: 'Ours', email: 'o@o', at: '2026-01-01T00:00:00Z' });
    expect(await bare.updateRefs([{ ref: 'refs/heads/main', to: commit, from: parent }])).toBe(true);
    return commit;
  }
});
