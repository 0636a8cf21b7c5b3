import { existsSync } from 'node:fs';
import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { DEFAULT_PROJECT_SETTINGS } from '@countersign/domain';
import { aGit, aRepository, type TestRepository } from '@countersign/git/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type As, type ProjectsHarness, projectsHarness } from './projects.harness.js';
import { until } from './until.js';

let h: ProjectsHarness;
let tenant: string;
let admin: As;
let git: Awaited<ReturnType<typeof aGit>>;
let source: TestRepository;

beforeAll(async () => {
  h = await projectsHarness();
  await h.start();
  tenant = await h.seed('acme', { admin: 'admin', maintainer: 'maintainer', reviewer: 'reviewer', guest: 'observer' });
  admin = h.person('admin');
  git = await aGit();
  source = await aRepository(git.git, join(h.dir, 'sources', 'sample'), { 'a.txt': 'a\n', 'sub/b.txt': 'b\n' });
  await source.run('branch', 'next');
});
afterAll(async () => {
  await git.remove();
  await h.close();
});

const settled = (name: string) =>
  until(async () => {
    const project = await admin.call('projects.get', { name });
    return project.import.state === 'importing' ? undefined : project;
  });
const imported = async (name: string, over: object = {}) => {
  await admin.call('projects.add', { name, repo: source.path, ...over });
  const project = await settled(name);
  expect(project.import).toMatchObject({ state: 'ready', code: null, message: null });
  return project;
};

describe('the copy of a project', () => {
  it('is named to who may read the project and its requests, once it is there', async () => {
    const { id, bare } = await imported('readable');
    await expect(h.person('guest').call('projects.repository', { name: 'readable' })).resolves.toEqual({ id, name: 'readable', branch: 'main', bare });
    await expect(h.person('guest').call('projects.repository', { name: 'nothing' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(h.person('stranger').call('projects.repository', { name: 'readable' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await h.query("UPDATE projects.project SET import_state = 'importing' WHERE id = $1", [id]);
    await expect(h.person('guest').call('projects.repository', { name: 'readable' })).rejects.toMatchObject({ code: 'REPO_NOT_READY' });
    await h.query("UPDATE projects.project SET import_state = 'ready' WHERE id = $1", [id]);
    await admin.call('people.suspend', { person: 'guest' });
    await expect(h.person('guest').call('projects.repository', { name: 'readable' })).rejects.toMatchObject({ code: 'ACTOR_INACTIVE' });
    await admin.call('people.restore', { person: 'guest' });
  });
});

describe('adding a project', () => {
  it('imports the source as a bare copy and works on its own branch', async () => {
    const added = await h.person('maintainer').call('projects.add', { name: 'sample', repo: source.path, settings: { testCommand: 'npm test', gates: { spec: 'required' } } });
    expect(added).toMatchObject({ branch: '', import: { state: 'importing' }, settingsVersion: 1 });
    const project = await settled('sample');
    expect(project).toMatchObject({
      id: added.id,
      repo: source.path,
      bare: join(h.reposDir, `${added.id}.git`),
      branch: 'main',
      settings: { ...DEFAULT_PROJECT_SETTINGS, testCommand: 'npm test', gates: { ...DEFAULT_PROJECT_SETTINGS.gates, spec: 'required' } },
      bringHome: [`git -C ${source.path} pull --ff-only ${project.bare} main`],
    });
    const tip = await git.git.run(['rev-parse', 'refs/heads/main'], { gitDir: project.bare, deadlineMs: 5_000 });
    expect(tip.stdout.toString().trim()).toBe(await source.run('rev-parse', 'HEAD'));
    await expect(admin.call('projects.get', { name: project.id })).resolves.toEqual(project);
    await expect(h.service('worker').call('projects.forService', { tenantId: tenant, id: project.id })).resolves.toEqual(project);
    await expect(h.service('requests').call('projects.named', { tenantId: tenant, name: 'sample' })).resolves.toEqual(project);
  });

  it('refuses at once what a look tells, and makes nothing', async () => {
    await mkdir(join(h.dataDir, 'inner'), { recursive: true });
    await mkdir(join(h.dir, 'elsewhere'));
    await symlink(join(h.dir, 'elsewhere'), join(h.dir, 'sources', 'way-out'));
    await aRepository(git.git, join(h.dir, 'sources', 'empty'));
    await mkdir(join(h.dir, 'sources', 'plain'));
    const add = (repo: string, over: object = {}) => admin.call('projects.add', { name: 'refused', repo, ...over });
    const cases: [Promise<unknown>, object][] = [
      [add('/etc'), { code: 'REPO_NOT_ALLOWED', field: 'repo', message: expect.stringContaining('COUNTERSIGN_REPO_ROOTS') }],
      [add('/etc/there-is-no-such'), { code: 'REPO_NOT_ALLOWED' }],
      [add(join(h.dir, 'sources', 'way-out')), { code: 'REPO_NOT_ALLOWED' }],
      [add(`${h.dir}/sources/../elsewhere`), { code: 'REPO_NOT_ALLOWED' }],
      [add(join(h.dir, 'sources', 'missing')), { code: 'REPO_NOT_GIT', field: 'repo' }],
      [add(join(h.dir, 'sources', 'plain')), { code: 'REPO_NOT_GIT', field: 'repo' }],
      [add(join(h.dir, 'sources', 'empty')), { code: 'REPO_EMPTY', field: 'repo' }],
      [add(source.path, { branch: 'nope' }), { code: 'BRANCH_MISSING', field: 'branch', message: expect.stringContaining('next') }],
      [add('sources/sample'), { code: 'INVALID_INPUT', field: 'repo' }],
      [add('https://ada:pw@example.org/a.git'), { code: 'URL_CREDENTIALS', field: 'repo' }],
      [add('http://example.org/a.git'), { code: 'URL_REFUSED' }],
      [add('file:///etc'), { code: 'URL_REFUSED' }],
      [add('https://127.0.0.1/a.git'), { code: 'URL_REFUSED' }],
      [add('ext::sh -c true'), { code: expect.stringMatching(/URL_REFUSED|INVALID_INPUT/) }],
      [add(source.path, { settings: { env: { MY_TOKEN: 'x' } } }), { code: 'INVALID_INPUT', field: 'settings.env.MY_TOKEN' }],
      [add(source.path, { policy: 'permit (' }), { code: 'INVALID_INPUT', field: 'policy', message: expect.stringMatching(/line 1, column/) }],
      [admin.call('projects.add', { name: 'No Such Name', repo: source.path }), { code: 'INVALID_INPUT', field: 'name' }],
      [h.person('reviewer').call('projects.add', { name: 'refused', repo: source.path }), { code: 'FORBIDDEN' }],
    ];
    for (const [call, error] of cases) await expect(call).rejects.toMatchObject(error);
    await expect(admin.call('projects.get', { name: 'refused' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('refuses the data folder even where a root holds it', async () => {
    await h.start({ settings: { repoRoots: [h.dir], dataDir: h.dataDir, importLimits: { bytes: 1e7, ms: 30_000 }, allowPrivateHosts: false } });
    await expect(admin.call('projects.add', { name: 'refused', repo: h.dataDir })).rejects.toMatchObject({ code: 'REPO_NOT_ALLOWED' });
    await expect(admin.call('projects.add', { name: 'refused', repo: h.reposDir })).rejects.toMatchObject({ code: 'REPO_NOT_ALLOWED' });
    await h.start();
  });

  it('says why an import failed, leaves nothing, and takes the name again', async () => {
    await h.start({ settings: { repoRoots: [join(h.dir, 'sources')], dataDir: h.dataDir, importLimits: { bytes: 10, ms: 30_000 }, allowPrivateHosts: false } });
    await admin.call('projects.add', { name: 'again', repo: source.path });
    const failed = await settled('again');
    expect(failed.import).toMatchObject({ state: 'failed', code: 'REPO_TOO_LARGE', message: expect.any(String) });
    expect((await readdir(h.reposDir)).filter((entry) => entry.startsWith(failed.id))).toEqual([]);
    await h.start();

    const after = await imported('again', { branch: 'next' });
    expect(after).toMatchObject({ id: failed.id, branch: 'next', repo: source.path, settingsVersion: 2 });
    await expect(admin.call('projects.add', { name: 'again', repo: source.path })).rejects.toMatchObject({ code: 'ALREADY_EXISTS', field: 'name' });
  });

  it('makes one of two that ask for a name at the same moment', async () => {
    const results = await Promise.allSettled([1, 2, 3].map(() => admin.call('projects.add', { name: 'twice', repo: source.path })));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    await settled('twice');
  });
});

describe('an interrupted import', () => {
  it('is begun again at the next start', async () => {
    let begun = 0;
    const hanging = {
      checkSource: async () => undefined,
      adoptBranch: async () => true,
      import: async ({ signal, onProgress }: { signal: AbortSignal; onProgress: (text: string) => void }) => {
        begun += 1;
        onProgress('Receiving objects: 12%');
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
        return { branch: 'main' };
      },
    };
    await h.start({ importer: hanging });
    await admin.call('projects.add', { name: 'interrupted', repo: source.path });
    await until(async () => ((await admin.call('projects.get', { name: 'interrupted' })).import.progress.includes('12%') ? true : undefined));
    await h.start({ importer: hanging });
    await until(async () => (begun === 2 ? true : undefined));
    expect((await admin.call('projects.get', { name: 'interrupted' })).import.state).toBe('importing');

    await h.start();
    const project = await settled('interrupted');
    expect(project).toMatchObject({ branch: 'main', import: { state: 'ready' } });
    expect(existsSync(project.bare)).toBe(true);
  });

  it('that ended before its end was stored is found, not made again', async () => {
    const project = await imported('stored-late');
    await h.query(`UPDATE projects.project SET import_state = 'importing', branch = '' WHERE id = $1`, [project.id]);
    await h.start();
    expect(await settled('stored-late')).toMatchObject({ branch: 'main', import: { state: 'ready' } });
  });
});

describe('changing a project', () => {
  it('counts versions, keeps the rest, and is audited with what changed', async () => {
    const project = await imported('changing');
    const changed = await admin.call('projects.set', { name: 'changing', settings: { maxDiffLines: 10, gates: { merge: 'policy' } }, branch: 'next' });
    expect(changed).toMatchObject({
      settingsVersion: 2,
      branch: 'next',
      policyVersion: project.policyVersion,
      settings: { ...project.settings, maxDiffLines: 10, gates: { ...project.settings.gates, merge: 'policy' } },
    });
    const adopted = await git.git.run(['rev-parse', 'refs/heads/next'], { gitDir: project.bare, deadlineMs: 5_000 });
    expect(adopted.stdout.toString().trim()).toBe(await source.run('rev-parse', 'next'));
    expect((await admin.call('projects.set', { name: project.id, settings: { maxDiffLines: 10 } })).settingsVersion).toBe(2);

    const rows = await h.query<{ payload: Buffer }>(
      `SELECT payload FROM projects.audit_entry e JOIN projects.audit_payload p ON p.entry_id = e.id
        WHERE convert_from(entry, 'UTF8')::jsonb ->> 'subject' = $1 ORDER BY e.id`,
      [`project/${project.id}`],
    );
    expect(rows.map(({ payload }) => JSON.parse(payload.toString()) as unknown).at(-1)).toMatchObject({
      settingsVersion: 2,
      changed: { branch: { from: 'main', to: 'next' }, maxDiffLines: { from: 400, to: 10 }, gates: { to: { merge: 'policy' } } },
    });
    expect(rows).toHaveLength(3);
  });

  it('refuses a missing branch, a broken policy, and people who may not', async () => {
    await imported('guarded');
    const set = (over: object, by = admin) => by.call('projects.set', { name: 'guarded', ...over });
    await expect(set({ branch: 'nope' })).rejects.toMatchObject({ code: 'BRANCH_MISSING', field: 'branch' });
    await expect(set({ policy: 'permit (principal, action, resource) when { context.nope };' })).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'policy' });
    await expect(set({ settings: { reminderMs: 1 } })).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'settings.reminderMs' });
    await expect(set({ settings: { rules: 'x' } }, h.person('reviewer'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await admin.call('projects.get', { name: 'guarded' })).toMatchObject({ settingsVersion: 1 });
  });

  it('changes the policy version with the policy, and goes back to the default', async () => {
    const project = await imported('ruled');
    const own = await admin.call('projects.set', { name: 'ruled', policy: '@id("all") permit (principal, action, resource);' });
    expect(own.policyVersion).not.toBe(project.policyVersion);
    const ask = (facts: object = {}) =>
      h.service('requests').call('policy.evaluate', {
        tenantId: tenant,
        projectId: project.id,
        gate: 'diff',
        requestId: 'r1',
        facts: { checks: 'passed', changedLines: 5, pathsOutsidePlan: 0, secrets: 1, ciOrDependencyFiles: 0, highestSeverity: null, risk: null, ...facts },
      });
    expect(await ask()).toMatchObject({ effect: 'allow', policyIds: ['all'], policyVersion: own.policyVersion });
    const back = await admin.call('projects.set', { name: 'ruled', policy: null, settings: { maxDiffLines: 4 } });
    expect(back.policyVersion).toBe(project.policyVersion);
    expect(await ask()).toMatchObject({ effect: 'deny', policyIds: ['diff-secrets', 'diff-size'] });
  });
});

describe('seeing projects', () => {
  it('follows roles: those of one project see that one only', async () => {
    await imported('visible');
    await imported('hidden');
    const people = admin.call('roles.revoke', { person: 'guest', role: 'observer', project: null });
    await expect(people).resolves.toMatchObject({ grants: [] });
    await admin.call('roles.grant', { person: 'guest', role: 'maintainer', project: 'visible' });
    const guest = h.person('guest');

    expect((await guest.call('projects.list', {})).items.map(({ name }) => name)).toEqual(['visible']);
    expect((await guest.call('projects.list', {})).total).toBe(1);
    await expect(guest.call('projects.get', { name: 'hidden' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(guest.call('projects.set', { name: 'hidden', settings: { rules: 'x' } })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(guest.call('projects.set', { name: 'visible', settings: { rules: 'x' } })).resolves.toMatchObject({ settings: { rules: 'x' } });
    await expect(guest.call('projects.add', { name: 'mine', repo: source.path })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(guest.call('projects.get', { name: 'no\0name' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is paged by name', async () => {
    await imported('page-a');
    await imported('page-b');
    const names: string[] = [];
    let after: string | undefined;
    do {
      const page = await admin.call('projects.list', { limit: 2, ...(after === undefined ? {} : { after }) });
      names.push(...page.items.map(({ name }) => name));
      expect(page.total).toBeGreaterThanOrEqual(2);
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(names).toEqual([...new Set(names)].sort());
    expect(names).toEqual(expect.arrayContaining(['page-a', 'page-b']));
  });
});
