import { join } from 'node:path';

import { projectsRpc } from '@countersign/contracts';
import { aGit, aRepository } from '@countersign/git/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { until } from './until.js';
import { type As, type ProjectsHarness, projectsHarness } from './projects.harness.js';

let h: ProjectsHarness;
let theirs: { tenant: string; admin: string; person: string; project: string };
let ourTenant: string;
let us: As;

beforeAll(async () => {
  h = await projectsHarness();
  await h.start();
  const { git, remove } = await aGit();
  const repo = await aRepository(git, join(h.dir, 'sources', 'theirs'), { 'a.txt': 'a' });
  const tenant = await h.seed('theirs', { 'their-admin': 'admin', 'their-reviewer': 'reviewer' });
  ourTenant = await h.seed('ours', { 'our-admin': 'admin' });
  const admin = h.person('their-admin');
  await admin.call('projects.add', { name: 'secret-plans', repo: repo.path });
  await admin.call('projects.add', { name: 'only-theirs', repo: repo.path });
  const project = await until(async () => {
    const found = await admin.call('projects.get', { name: 'secret-plans' });
    return found.import.state === 'ready' ? found : undefined;
  });
  const { items } = await admin.call('people.list', {});
  const idOf = (subject: string) => items.find((item) => item.subject === subject)?.id ?? '';
  theirs = { tenant, admin: idOf('their-admin'), person: idOf('their-reviewer'), project: project.id };
  us = h.person('our-admin');
  await us.call('projects.add', { name: 'secret-plans', repo: repo.path });
  await remove();
});
afterAll(() => h.close());

const facts = { checks: null, changedLines: null, pathsOutsidePlan: 0, secrets: 0, ciOrDependencyFiles: 0, highestSeverity: null, risk: null };
const notFound = (call: Promise<unknown>) => expect(call).rejects.toMatchObject({ code: 'NOT_FOUND' });

/** What every method answers when our admin, or a service speaking for our tenant, names what is theirs. */
const walk: Readonly<Record<keyof typeof projectsRpc, () => Promise<void>>> = {
  'people.me': async () => expect(await us.call('people.me', {})).toMatchObject({ tenantId: ourTenant }),
  'people.viewer': async () =>
    expect(await h.service('gateway').call('people.viewer', { issuer: h.issuer.issuer, subject: 'our-admin' })).toMatchObject({ tenantId: ourTenant }),
  'people.byIds': async () => expect(await h.service('requests').call('people.byIds', { tenantId: ourTenant, ids: [theirs.admin, theirs.person] })).toEqual([]),
  'people.eligible': async () =>
    expect(
      (await h.service('requests').call('people.eligible', { tenantId: ourTenant, projectId: theirs.project, roles: ['admin', 'reviewer'], exclude: null })).map(
        ({ name }) => name,
      ),
    ).toEqual(['our-admin']),
  'people.list': async () => expect((await us.call('people.list', {})).items.map(({ subject }) => subject)).toEqual(['our-admin']),
  'people.suspend': async () => {
    await notFound(us.call('people.suspend', { person: theirs.person }));
    await notFound(us.call('people.suspend', { person: 'their-reviewer' }));
  },
  'people.restore': () => notFound(us.call('people.restore', { person: theirs.person })),
  'people.erasable': async () => {
    const { personId } = await us.call('people.me', {});
    for (const person of [theirs.person, 'their-reviewer']) await notFound(h.service('requests').call('people.erasable', { tenantId: ourTenant, by: personId, person }));
    // Whoever asks is looked for in the tenant that is named.
    await expect(h.service('requests').call('people.erasable', { tenantId: theirs.tenant, by: personId, person: theirs.person })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  },
  'people.erase': async () => {
    const { personId } = await us.call('people.me', {});
    await notFound(h.service('requests').call('people.erase', { tenantId: ourTenant, by: personId, personId: theirs.person }));
    await expect(h.service('requests').call('people.erase', { tenantId: theirs.tenant, by: personId, personId: theirs.person })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  },
  'people.signInRefused': async () => {
    await h.service('operator').call('people.signInRefused', { issuer: h.issuer.issuer, subject: 'their-reviewer', method: 'password' });
    const entries = await h.query<{ tenant: string }>(`SELECT tenant_id AS tenant FROM projects.audit_entry WHERE position('"type":"sign-in-refused"'::bytea IN entry) > 0`);
    expect(entries).toEqual([{ tenant: theirs.tenant }]);
  },
  'roles.grant': async () => {
    await notFound(us.call('roles.grant', { person: theirs.person, role: 'admin', project: null }));
    await notFound(us.call('roles.grant', { person: 'our-admin', role: 'reviewer', project: 'only-theirs' }));
    await notFound(us.call('roles.grant', { person: 'our-admin', role: 'reviewer', project: theirs.project }));
  },
  'roles.revoke': () => notFound(us.call('roles.revoke', { person: theirs.person, role: 'reviewer', project: null })),
  'people.seed': async () => {
    // The identity is known: a seed of another tenant neither moves it nor gives it a role there.
    await h.seed('ours', { 'their-reviewer': 'admin' });
    expect(await h.person('their-reviewer').call('people.me', {})).toMatchObject({ tenantId: theirs.tenant, grants: [{ role: 'reviewer', project: '*' }] });
  },
  'projects.add': async () => {
    // The same name in another tenant was free; the one in ours is taken.
    const again = us.call('projects.add', { name: 'secret-plans', repo: join(h.dir, 'sources', 'theirs') });
    await expect(again).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect((await us.call('projects.get', { name: 'secret-plans' })).id).not.toBe(theirs.project);
  },
  'projects.set': () => notFound(us.call('projects.set', { name: theirs.project, settings: { rules: 'x' } })),
  'projects.list': async () => expect((await us.call('projects.list', {})).items.map(({ tenantId }) => tenantId)).toEqual([ourTenant]),
  'projects.get': () => notFound(us.call('projects.get', { name: theirs.project })),
  'projects.repository': () => notFound(us.call('projects.repository', { name: theirs.project })),
  'projects.forService': async () => expect(await h.service('worker').call('projects.forService', { tenantId: ourTenant, id: theirs.project })).toBeNull(),
  'projects.named': async () => {
    const found = await h.service('requests').call('projects.named', { tenantId: ourTenant, name: 'secret-plans' });
    expect(found).toMatchObject({ tenantId: ourTenant });
    expect(await h.service('requests').call('projects.named', { tenantId: ourTenant, name: theirs.project })).toBeNull();
  },
  'audit.payloads': async () => {
    const ids = Array.from({ length: 500 }, (_, index) => String(index + 1));
    const payloads = async (tenantId: string) => (await h.service('requests').call('audit.payloads', { tenantId, ids })).map(({ id }) => id);
    const [ourIds, theirIds] = [await payloads(ourTenant), await payloads(theirs.tenant)];
    expect([ourIds.length > 0, theirIds.length > 0]).toEqual([true, true]);
    expect(ourIds.filter((id) => theirIds.includes(id))).toEqual([]);
  },
  'policy.evaluate': () =>
    notFound(h.service('requests').call('policy.evaluate', { tenantId: ourTenant, projectId: theirs.project, gate: 'diff', requestId: 'r', facts })),
};

it.each(Object.entries(walk))('%s keeps tenants apart', async (_method, check) => {
  await check();
});

it('left everything of theirs as it was', async () => {
  expect(await h.person('their-admin').call('projects.get', { name: 'secret-plans' })).toMatchObject({ id: theirs.project, settingsVersion: 1, settings: { rules: '' } });
  expect((await h.person('their-admin').call('people.list', {})).items.map(({ active, grants }) => [active, grants.length])).toEqual([[true, 1], [true, 1]]);
});

it('lets a person call nothing that is for services, nor a service what is for people', async () => {
  await expect(us.call('people.byIds', { tenantId: theirs.tenant, ids: [theirs.admin] })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(us.call('projects.forService', { tenantId: theirs.tenant, id: theirs.project })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(us.call('people.erase', { tenantId: ourTenant, by: theirs.admin, personId: theirs.person })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(us.call('people.signInRefused', { issuer: 'x', subject: 'y', method: 'password' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(us.call('people.seed', { tenant: 'ours', issuer: 'x', people: [] })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(h.service('worker').call('projects.list', {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(h.service('gateway').call('policy.evaluate', { tenantId: ourTenant, projectId: 'x', gate: 'diff', requestId: 'r', facts })).rejects.toMatchObject({ code: 'FORBIDDEN' });
});
