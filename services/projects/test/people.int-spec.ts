import { sha256Hex } from '@countersign/domain/digest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { type ProjectsHarness, projectsHarness } from './projects.harness.js';

let h: ProjectsHarness;
let tenant: string;
let count = 0;
/** Each test has its own tenant: `name('admin')` signs in as that tenant's admin. */
const name = (subject: string): string => `${subject}-${count}`;
const as = (subject: string) => h.person(name(subject));

beforeAll(async () => {
  h = await projectsHarness();
  await h.start();
});
afterAll(() => h.close());
beforeEach(async () => {
  count += 1;
  tenant = await h.seed(`tenant-${count}`, {
    [name('admin')]: 'admin',
    [name('maintainer')]: 'maintainer',
    [name('reviewer')]: 'reviewer',
    [name('observer')]: 'observer',
  });
});

type AuditRow = { entry: Buffer; payload: Buffer };
type Entry = { type: string; actor: string; subject?: string; payload: Record<string, unknown> };
/** Without the sign-ins of those who ask who they are. */
const audit = async (): Promise<Entry[]> => (await wholeAudit()).filter(({ type }) => type !== 'sign-in');
async function wholeAudit(): Promise<Entry[]> {
  const rows = await h.query<AuditRow>(
    'SELECT entry, payload FROM projects.audit_entry e JOIN projects.audit_payload p ON p.entry_id = e.id WHERE e.tenant_id = $1 ORDER BY e.id',
    [tenant],
  );
  return rows.map(({ entry, payload }) => {
    const parsed = JSON.parse(entry.toString()) as { type: string; actor: string; subject?: string; payload: string; tenant: string; v: number };
    expect(parsed).toMatchObject({ v: 1, tenant, payload: sha256Hex(payload) });
    return { ...parsed, payload: JSON.parse(payload.toString()) as Record<string, unknown> };
  });
}

describe('who is calling', () => {
  it('is the person of issuer and subject, with their grants', async () => {
    await expect(as('reviewer').call('people.me', {})).resolves.toMatchObject({
      tenantId: tenant,
      subject: name('reviewer'),
      active: true,
      grants: [{ role: 'reviewer', project: '*' }],
    });
  });

  it('is refused where nobody knows the identity', async () => {
    await expect(h.person('stranger').call('people.me', {})).rejects.toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('an admin must add you') });
    await expect(h.person('a\0b').call('people.me', {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const gateway = h.service('gateway');
    await expect(gateway.call('people.viewer', { issuer: h.issuer.issuer, subject: 'stranger' })).resolves.toBeNull();
    await expect(gateway.call('people.viewer', { issuer: 'https://other.example', subject: name('admin') })).resolves.toBeNull();
  });
});

describe('seeding', () => {
  it('leaves those it knows as they are', async () => {
    await as('admin').call('people.suspend', { person: name('observer') });
    await as('admin').call('roles.revoke', { person: name('reviewer'), role: 'reviewer', project: null });
    const again = await h.seed(`tenant-${count}`, { [name('observer')]: 'admin', [name('reviewer')]: 'reviewer', [name('fresh')]: 'observer' });
    expect(again).toBe(tenant);
    const { items } = await as('admin').call('people.list', {});
    expect(items.map(({ subject, active, grants }) => [subject, active, grants.map(({ role }) => role)])).toEqual([
      [name('admin'), true, ['admin']],
      [name('fresh'), true, ['observer']],
      [name('maintainer'), true, ['maintainer']],
      [name('observer'), false, ['observer']],
      [name('reviewer'), true, []],
    ]);
  });

  it('by two starts at once makes each once', async () => {
    const [one, two] = await Promise.all([h.seed(`race-${count}`, { [name('x')]: 'admin' }), h.seed(`race-${count}`, { [name('x')]: 'admin' })]);
    expect(one).toBe(two);
    expect((await h.person(name('x')).call('people.list', {})).total).toBe(1);
  });
});

describe('roles', () => {
  it('are granted and revoked by an admin, in a project or in all, and audited', async () => {
    const granted = await as('admin').call('roles.grant', { person: name('observer'), role: 'maintainer', project: null });
    expect(granted.grants).toEqual([
      { role: 'maintainer', project: '*' },
      { role: 'observer', project: '*' },
    ]);
    await as('admin').call('roles.grant', { person: granted.id, role: 'maintainer', project: null });
    const revoked = await as('admin').call('roles.revoke', { person: granted.id, role: 'maintainer', project: null });
    expect(revoked.grants).toEqual([{ role: 'observer', project: '*' }]);
    expect((await audit()).slice(4).map(({ type, subject, payload }) => [type, subject, payload['role'], payload['project']])).toEqual([
      ['role.granted', `person/${granted.id}`, 'maintainer', '*'],
      ['role.revoked', `person/${granted.id}`, 'maintainer', '*'],
    ]);
  });

  it('are not granted by others, and the attempt is audited', async () => {
    await expect(as('maintainer').call('roles.grant', { person: name('maintainer'), role: 'admin', project: null })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const me = await as('maintainer').call('people.me', {});
    expect((await audit()).at(-1)).toMatchObject({
      type: 'refused',
      actor: me.personId,
      payload: { action: 'roles.grant', target: `${name('maintainer')} admin *`, code: 'FORBIDDEN' },
    });
    expect(me.grants).toEqual([{ role: 'maintainer', project: '*' }]);
  });

  it('say what does not exist', async () => {
    const admin = as('admin');
    await expect(admin.call('roles.grant', { person: 'nobody', role: 'reviewer', project: null })).rejects.toMatchObject({ code: 'NOT_FOUND', field: 'person' });
    await expect(admin.call('roles.grant', { person: 'no\0body', role: 'reviewer', project: null })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(admin.call('roles.grant', { person: name('reviewer'), role: 'reviewer', project: 'nothing' })).rejects.toMatchObject({ code: 'NOT_FOUND', field: 'project' });
    await expect(admin.call('roles.revoke', { person: name('reviewer'), role: 'admin', project: null })).rejects.toMatchObject({ code: 'NOT_FOUND', field: 'role' });
  });
});

describe('the last admin', () => {
  it('keeps the role and is not suspended by anybody, themselves included', async () => {
    const admin = as('admin');
    await expect(admin.call('roles.revoke', { person: name('admin'), role: 'admin', project: null })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(admin.call('people.suspend', { person: name('admin') })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await admin.call('people.me', {})).grants).toEqual([{ role: 'admin', project: '*' }]);
    expect((await audit()).slice(-2).map(({ type, payload }) => [type, payload['action']])).toEqual([
      ['refused', 'roles.revoke'],
      ['refused', 'people.suspend'],
    ]);
  });

  it('is told among the active ones only', async () => {
    await as('admin').call('roles.grant', { person: name('maintainer'), role: 'admin', project: null });
    await as('admin').call('people.suspend', { person: name('maintainer') });
    await expect(as('admin').call('roles.revoke', { person: name('admin'), role: 'admin', project: null })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('stays when two admins suspend or demote each other at the same moment', async () => {
    for (let round = 0; round < 5; round += 1) {
      count += 1;
      await h.seed(`duel-${count}`, { [name('one')]: 'admin', [name('two')]: 'admin' });
      const results = await Promise.allSettled([
        as('one').call('people.suspend', { person: name('two') }),
        as('two').call('roles.revoke', { person: name('one'), role: 'admin', project: null }),
      ]);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });
});

describe('a suspended person', () => {
  it('may do nothing, admin or not, until restored', async () => {
    await as('admin').call('roles.grant', { person: name('maintainer'), role: 'admin', project: null });
    await as('admin').call('people.suspend', { person: name('maintainer') });
    const suspended = as('maintainer');
    expect(await suspended.call('people.me', {})).toMatchObject({ active: false });
    await expect(suspended.call('people.list', {})).rejects.toMatchObject({ code: 'ACTOR_INACTIVE' });
    await expect(suspended.call('people.restore', { person: name('maintainer') })).rejects.toMatchObject({ code: 'ACTOR_INACTIVE' });
    await expect(suspended.call('roles.grant', { person: name('observer'), role: 'admin', project: null })).rejects.toMatchObject({ code: 'ACTOR_INACTIVE' });
    await expect(suspended.call('projects.list', {})).rejects.toMatchObject({ code: 'ACTOR_INACTIVE' });
    await expect(suspended.call('projects.add', { name: 'x', repo: '/x' })).rejects.toMatchObject({ code: 'ACTOR_INACTIVE' });

    expect(await as('admin').call('people.restore', { person: name('maintainer') })).toMatchObject({ active: true });
    await expect(suspended.call('people.list', {})).resolves.toMatchObject({ total: 4 });
  });

  it('counts in no quorum', async () => {
    const eligible = async (exclude: string | null = null) =>
      (await h.service('requests').call('people.eligible', { tenantId: tenant, projectId: 'p', roles: ['reviewer', 'maintainer'], exclude })).map((person) => person.name);
    expect(await eligible()).toEqual([name('maintainer'), name('reviewer')]);
    const me = await as('reviewer').call('people.me', {});
    expect(await eligible(me.personId)).toEqual([name('maintainer')]);
    await as('admin').call('people.suspend', { person: name('maintainer') });
    expect(await eligible()).toEqual([name('reviewer')]);
  });
});

describe('groups', () => {
  it('give their members their roles', async () => {
    const me = await as('observer').call('people.me', {});
    await h.query(`INSERT INTO projects.person_group VALUES ($1, $2, 'leads')`, [`g-${count}`, tenant]);
    await h.query('INSERT INTO projects.group_member VALUES ($1, $2, $3)', [`g-${count}`, me.personId, tenant]);
    await h.query(`INSERT INTO projects.role_binding (id, tenant_id, project, group_id, role) VALUES ($1, $2, 'p', $3, 'maintainer')`, [`b-${count}`, tenant, `g-${count}`]);

    const requests = h.service('requests');
    const expected = [{ role: 'observer', project: '*' }, { role: 'maintainer', project: 'p' }];
    expect((await as('observer').call('people.me', {})).grants).toEqual(expected);
    expect((await requests.call('people.byIds', { tenantId: tenant, ids: [me.personId, 'nobody', '\0'] }))[0]?.grants).toEqual(expected);
    const eligible = (projectId: string) => requests.call('people.eligible', { tenantId: tenant, projectId, roles: ['maintainer'], exclude: null });
    expect((await eligible('p')).map((person) => person.name)).toEqual([name('maintainer'), name('observer')]);
    expect((await eligible('q')).map((person) => person.name)).toEqual([name('maintainer')]);
  });
});

describe('the list of people', () => {
  it('is paged, and for admins only', async () => {
    const first = await as('admin').call('people.list', { limit: 3 });
    const rest = await as('admin').call('people.list', { limit: 3, after: first.next ?? '' });
    expect([first.items.length, rest.items.length, rest.next, rest.total]).toEqual([3, 1, null, 4]);
    expect(new Set([...first.items, ...rest.items].map(({ id }) => id)).size).toBe(4);
    await expect(as('admin').call('people.list', { after: 'nonsense' })).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'after' });
    await expect(as('maintainer').call('people.list', {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('the audit tables', () => {
  it('cannot be changed by the role of the service, which may erase payloads', async () => {
    const denied = { code: '42501' };
    for (const sql of [
      'UPDATE projects.audit_entry SET tenant_id = tenant_id',
      'DELETE FROM projects.audit_entry',
      'TRUNCATE projects.audit_payload',
      `UPDATE projects.audit_payload SET payload = ''`,
      'CREATE TABLE projects.mine (id int)',
      'DROP TABLE projects.audit_payload',
    ]) {
      await expect(h.query(sql, [], h.serviceUrl)).rejects.toMatchObject(denied);
    }
    await expect(h.query('SELECT count(*) FROM projects.audit_entry', [], h.serviceUrl)).resolves.toHaveLength(1);
    await expect(h.query(`DELETE FROM projects.audit_payload WHERE tenant_id = 'nobody'`, [], h.serviceUrl)).resolves.toEqual([]);
  });
});
