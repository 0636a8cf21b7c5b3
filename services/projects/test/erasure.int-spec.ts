import { sha256Hex } from '@countersign/domain/digest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { type ProjectsHarness, projectsHarness } from './projects.harness.js';

let h: ProjectsHarness;
let tenant: string;
let ids: Readonly<Record<string, string>>;
let count = 0;
const name = (subject: string): string => `${subject}-${count}`;
const as = (subject: string) => h.person(name(subject));

beforeAll(async () => {
  h = await projectsHarness();
  await h.start();
});
afterAll(() => h.close());
beforeEach(async () => {
  count += 1;
  tenant = await seed();
  const { items } = await as('admin').call('people.list', {});
  ids = Object.fromEntries(items.map(({ id, subject }) => [subject, id]));
});

const seed = () => h.seed(`tenant-${count}`, { [name('admin')]: 'admin', [name('second')]: 'admin', [name('ada lovelace')]: 'reviewer', [name('other')]: 'observer' });
const idOf = (subject: string): string => ids[name(subject)] ?? '';
const erasable = (person: string, by = 'admin') => h.service('requests').call('people.erasable', { tenantId: tenant, by: idOf(by), person });
const erase = (subject = 'ada lovelace', by = 'admin') => h.service('requests').call('people.erase', { tenantId: tenant, by: idOf(by), personId: idOf(subject) });
const suspend = (subject = 'ada lovelace') => as('admin').call('people.suspend', { person: name(subject) });

type Row = { readonly entry: Buffer; readonly payload: Buffer | null };
const rows = () =>
  h.query<Row>('SELECT entry, payload FROM projects.audit_entry e LEFT JOIN projects.audit_payload p ON p.entry_id = e.id WHERE e.tenant_id = $1 ORDER BY e.id', [tenant]);
const said = (entry: Buffer) => JSON.parse(entry.toString()) as { type: string; actor: string; subject?: string; payload: string };

describe('erasing a person', () => {
  it('leaves neither name nor sign-in in any table, and every entry as it was', async () => {
    await as('ada lovelace').call('people.me', {});
    await as('admin').call('roles.grant', { person: name('ada lovelace'), role: 'maintainer', project: null });
    // What others tried to do to them names them as well, with a role behind the name or not.
    await expect(as('other').call('people.suspend', { person: name('ada lovelace') })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(as('other').call('roles.grant', { person: name('ada lovelace'), role: 'admin', project: null })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(as('ada lovelace').call('people.suspend', { person: name('other') })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await suspend();
    const before = await rows();
    expect(await erasable(name('ada lovelace'))).toEqual({ personId: idOf('ada lovelace'), name: name('ada lovelace') });

    const { payloads } = await erase();
    const after = await rows();
    // Added, signed in, granted, three refusals, suspended.
    expect(payloads).toBe(7);
    expect(after.slice(0, before.length).map(({ entry }) => entry)).toEqual(before.map(({ entry }) => entry));
    expect(after.filter(({ payload }) => payload === null)).toHaveLength(payloads);
    for (const { entry, payload } of after) if (payload) expect(said(entry).payload).toBe(sha256Hex(payload));
    const tables = ['person', 'sign_in', 'role_binding', 'audit_payload'];
    for (const table of tables) {
      const texts = await h.query<{ text: string }>(table === 'audit_payload' ? `SELECT convert_from(payload, 'UTF8') AS text FROM projects.${table}` : `SELECT t::text AS text FROM projects.${table} t`);
      expect(texts.filter(({ text }) => text.includes(name('ada lovelace')))).toEqual([]);
    }
    expect(said(after.at(-1)?.entry ?? Buffer.alloc(0))).toMatchObject({ type: 'erasure', actor: idOf('admin'), subject: `person/${idOf('ada lovelace')}` });
    expect(JSON.parse(after.at(-1)?.payload?.toString() ?? '')).toMatchObject({ person: idOf('ada lovelace'), payloads });
    expect((await as('admin').call('people.list', {})).items).toContainEqual(expect.objectContaining({ id: idOf('ada lovelace'), name: 'erased person', subject: 'erased', active: false }));
  });

  it('touches nobody else, and nothing is left for a second time', async () => {
    await suspend();
    const kept = (await rows()).filter(({ entry }) => said(entry).subject === `person/${idOf('other')}`);
    await erase();
    const after = await rows();
    expect(after.filter(({ entry }) => said(entry).subject === `person/${idOf('other')}`)).toEqual(kept);
    expect(await erase()).toEqual({ payloads: 0 });
    expect(await rows()).toEqual(after);
  });

  it('ends the sign-in for good: no token, restoring or restart of the service brings them back', async () => {
    await suspend();
    await erase();
    await expect(as('ada lovelace').call('people.me', {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await seed();
    await expect(as('ada lovelace').call('people.me', {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await as('admin').call('people.list', {})).total).toBe(4);
    await expect(as('admin').call('people.restore', { person: idOf('ada lovelace') })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('keeps the account of who erased whom when that admin is erased', async () => {
    await suspend();
    await erase('ada lovelace', 'second');
    await suspend('second');
    await erase('second');
    const accounts = (await rows()).filter(({ entry }) => said(entry).type === 'erasure');
    expect(accounts.map(({ entry, payload }) => [said(entry).actor, payload !== null])).toEqual([[idOf('second'), true], [idOf('admin'), true]]);
  });

  it('is refused to who may not, for oneself and for people who may still act, each recorded', async () => {
    const refusals = async () => (await rows()).filter(({ entry }) => said(entry).type === 'refused').length;
    for (const [attempt, code] of [
      [() => erasable(name('ada lovelace')), 'PERSON_NOT_SUSPENDED'],
      [() => erasable(name('ada lovelace'), 'other'), 'FORBIDDEN'],
      [() => erasable(name('admin')), 'FORBIDDEN'],
      [() => erasable('nobody'), 'NOT_FOUND'],
      [() => erase(), 'PERSON_NOT_SUSPENDED'],
    ] as const) {
      const before = await refusals();
      await expect(attempt()).rejects.toMatchObject({ code });
      expect(await refusals()).toBe(before + 1);
    }
    await suspend('second');
    await expect(erase('ada lovelace', 'second')).rejects.toMatchObject({ code: 'ACTOR_INACTIVE' });
    expect((await rows()).filter(({ payload }) => payload === null)).toEqual([]);
  });
});
