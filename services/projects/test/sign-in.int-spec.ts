import { projectsRpc } from '@countersign/contracts';
import { RpcClient } from '@countersign/platform';
import type { PersonTokenOptions } from '@countersign/platform/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { ProjectsService } from '../src/index.js';
import { type ProjectsHarness, projectsHarness } from './projects.harness.js';

const FIRST = Date.parse('2026-11-21T08:00:00.000Z') / 1000;
let h: ProjectsHarness;
let service: ProjectsService;
let client: RpcClient<typeof projectsRpc>;
let tenant: string;
let subject: string;
let count = 0;

beforeAll(async () => {
  h = await projectsHarness();
  service = await h.start();
});
afterAll(() => h.close());
beforeEach(async () => {
  count += 1;
  subject = `ada-${count}`;
  tenant = await h.seed(`tenant-${count}`, { [subject]: 'reviewer', [`admin-${count}`]: 'admin' });
  client = new RpcClient(projectsRpc, service);
});
afterEach(() => client.close());

const me = async (over: Partial<PersonTokenOptions> = {}) => client.call('people.me', {}, await h.issuer.tokenFor({ subject, authTime: FIRST, ...over }));

type Row = { readonly entry: string; readonly payload: string };
const entries = async (type: string) => {
  const rows = await h.query<Row>(
    `SELECT convert_from(entry, 'UTF8') AS entry, convert_from(payload, 'UTF8') AS payload
       FROM projects.audit_entry e JOIN projects.audit_payload p ON p.entry_id = e.id WHERE e.tenant_id = $1 ORDER BY e.id`,
    [tenant],
  );
  return rows.map(({ entry, payload }) => ({ ...(JSON.parse(entry) as { type: string; actor: string; subject: string }), payload: JSON.parse(payload) as Record<string, unknown> })).filter((one) => one.type === type);
};

describe('a sign-in', () => {
  it('is entered once a session, with channel and method and no token, however often it is refreshed', async () => {
    const { personId } = await me();
    await Promise.all([me(), me(), me()]);
    const found = await entries('sign-in');
    expect(found).toMatchObject([{ actor: personId, subject: `person/${personId}` }]);
    const { salt, ...payload } = found[0]?.payload ?? {};
    expect(salt).toMatch(/^[0-9a-f]{32}$/);
    expect(payload).toEqual({ channel: 'console', client: 'console', acr: 'password', amr: ['pwd'], authTime: '2026-11-21T08:00:00.000Z' });
  });

  it('of another client or at another time is another one, also an earlier one that is seen late', async () => {
    for (const over of [{}, { clientId: 'cli' }, { authTime: FIRST + 60 }, { authTime: FIRST - 60, clientId: 'cli', amr: ['local-operator'] }, {}]) await me(over);
    expect((await entries('sign-in')).map(({ payload }) => [payload['channel'], payload['amr'], payload['authTime']])).toEqual([
      ['console', ['pwd'], '2026-11-21T08:00:00.000Z'],
      ['cli', ['pwd'], '2026-11-21T08:00:00.000Z'],
      ['console', ['pwd'], '2026-11-21T08:01:00.000Z'],
      ['cli', ['local-operator'], '2026-11-21T07:59:00.000Z'],
    ]);
  });

  it('is entered once when many calls bring it at the same moment, and not anew after a restart', async () => {
    await Promise.all(Array.from({ length: 8 }, () => me()));
    client.close();
    service = await h.start();
    client = new RpcClient(projectsRpc, service);
    await me();
    expect(await entries('sign-in')).toHaveLength(1);
  });

  it('of a suspended person is entered as well: they get no further', async () => {
    await h.person(`admin-${count}`).call('people.suspend', { person: subject });
    expect(await me()).toMatchObject({ active: false });
    expect(await entries('sign-in')).toHaveLength(1);
  });

  it('costs no write where the session is known', async () => {
    await me();
    const role = new URL(h.serviceUrl).username;
    await h.query(`REVOKE INSERT ON projects.sign_in FROM ${role}`);
    try {
      await expect(me()).resolves.toMatchObject({ subject });
      await expect(me({ authTime: FIRST + 1 })).rejects.toMatchObject({ code: 'INTERNAL' });
    } finally {
      await h.query(`GRANT INSERT ON projects.sign_in TO ${role}`);
    }
    // What could not be entered then is entered with the next call.
    await me({ authTime: FIRST + 1 });
    expect(await entries('sign-in')).toHaveLength(2);
  });
});

describe('a refused sign-in', () => {
  const refuse = (who: string) => h.service('operator').call('people.signInRefused', { issuer: h.issuer.issuer, subject: who, method: 'password' });

  it('of a known person is entered as somebody else, and of an unknown one not at all', async () => {
    const before = await h.query('SELECT id FROM projects.audit_entry');
    await refuse('stranger');
    await refuse('a\0b');
    expect(await h.query('SELECT id FROM projects.audit_entry')).toHaveLength(before.length);
    await refuse(subject);
    const { personId } = await me();
    expect(await entries('sign-in-refused')).toMatchObject([{ actor: 'service:operator', subject: `person/${personId}`, payload: { method: 'password' } }]);
  });
});
