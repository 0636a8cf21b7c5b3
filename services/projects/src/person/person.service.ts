import { randomUUID } from 'node:crypto';

import type { projectsRpc, RpcOutput } from '@countersign/contracts';
import { AppError, type Role, type Viewer } from '@countersign/domain';

import type { AuditTrail } from '../audit/audit-trail.service.js';
import type { EligiblePerson } from '../role/role.repository.js';
import { fromCursor, toCursor } from '../store/cursor.js';
import type { Database, Stores } from '../store/database.repository.js';
import { wasSubject } from './erased-person.js';
import type { PersonEntity } from './person.entity.js';
import { type PersonView, toPersonView, toPersonViews, toViewer } from './person.mapper.js';
import { isStorable, requirePermission, type ViewerService } from './viewer.service.js';

export type PersonPage = RpcOutput<typeof projectsRpc, 'people.list'>;

export class PersonService {
  constructor(
    private readonly database: Database,
    private readonly viewers: ViewerService,
    private readonly trail: AuditTrail,
  ) {}

  async byIds(tenantId: string, ids: readonly string[]): Promise<Viewer[]> {
    const known = ids.filter(isStorable);
    if (known.length === 0 || !isStorable(tenantId)) return [];
    const { people, roles } = this.database.stores;
    const found = await people.byIds(tenantId, known);
    const held = await roles.grantsOf(tenantId, found.map(({ id }) => id));
    return found.map((person) => toViewer(person, held));
  }

  async eligible(tenantId: string, projectId: string, roles: readonly Role[], exclude: string | null): Promise<EligiblePerson[]> {
    if (![tenantId, projectId, exclude ?? ''].every(isStorable)) return [];
    return this.database.stores.roles.eligible(tenantId, projectId, roles, exclude);
  }

  async list(viewer: Viewer, limit: number, after?: string): Promise<PersonPage> {
    requirePermission(viewer, 'person:read');
    const { stores } = this.database;
    const [subject = '', id = ''] = after === undefined ? [] : fromCursor(after, 2);
    const found = await stores.people.page(viewer.tenantId, limit + 1, after === undefined ? undefined : [subject, id]);
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    return {
      items: await toPersonViews(viewer.tenantId, shown, stores),
      next: last && found.length > limit ? toCursor([last.subject, last.id]) : null,
      total: await stores.people.count(viewer.tenantId),
    };
  }

  /** Suspends or restores. A second call changes nothing and records nothing. */
  setActive(viewer: Viewer, name: string, active: boolean): Promise<PersonView> {
    const attempt = { action: active ? 'people.restore' : 'people.suspend', target: name };
    return this.trail.change(viewer, attempt, async (stores) => {
      await stores.tenants.lock(viewer.tenantId);
      requirePermission(await this.viewers.refreshed(viewer, stores), 'person:manage');
      const person = await personNamed(stores, viewer.tenantId, name);
      if (person.id === viewer.personId) throw new AppError('FORBIDDEN', 'Nobody suspends or restores themselves');
      if (person.erasedAt) throw new AppError('FORBIDDEN', 'Who was erased can be neither suspended nor restored');
      if (person.active !== active) {
        await stores.people.setActive(viewer.tenantId, person.id, active);
        await requireAnAdmin(stores, viewer.tenantId);
        await stores.audit.append({
          tenantId: viewer.tenantId,
          type: active ? 'person.restored' : 'person.suspended',
          actor: viewer.personId,
          at: new Date(),
          subject: `person/${person.id}`,
          payload: { name: person.name, issuer: person.issuer, signInName: person.subject },
        });
      }
      return toPersonView({ ...person, active }, stores);
    });
  }

  /** Makes tenant and people known. Whoever is known already keeps name, state and roles; whoever was erased stays so. */
  async seed(input: SeedInput): Promise<string> {
    return this.database.inTransaction(async (stores) => {
      const tenantId = await tenantNamed(stores, input.tenant);
      await stores.tenants.lock(tenantId);
      for (const person of input.people) await addOnce(stores, tenantId, input.issuer, person);
      return tenantId;
    });
  }
}

export type SeedInput = {
  readonly tenant: string;
  readonly issuer: string;
  readonly people: readonly { readonly subject: string; readonly name: string; readonly role: Role }[];
};

/** @throws AppError NOT_FOUND, or INVALID_INPUT where several people share the sign-in name. */
export async function personNamed(stores: Stores, tenantId: string, name: string): Promise<PersonEntity> {
  const found = isStorable(name) ? await stores.people.named(tenantId, name) : [];
  const person = found.find(({ id }) => id === name) ?? found[0];
  if (!person) throw new AppError('NOT_FOUND', `There is no person ${JSON.stringify(name)}`, { field: 'person' });
  if (person.id !== name && found.length > 1) {
    const ids = found.map(({ id }) => id).join(', ');
    throw new AppError('INVALID_INPUT', `Several people sign in as ${name}: give one of the ids ${ids}`, { field: 'person' });
  }
  return person;
}

/** Called after the change, in its transaction: a tenant that nobody can administer could never be mended. */
export async function requireAnAdmin(stores: Stores, tenantId: string): Promise<void> {
  const admins = await stores.roles.eligible(tenantId, '*', ['admin'], null);
  if (admins.length === 0) throw new AppError('FORBIDDEN', 'The last active admin stays: make another person admin first');
}

async function tenantNamed(stores: Stores, name: string): Promise<string> {
  await stores.tenants.add({ id: randomUUID(), name, createdAt: new Date() });
  const tenant = await stores.tenants.byName(name);
  if (!tenant) throw new AppError('CONFLICT', `The tenant ${name} was removed while it was made`);
  return tenant.id;
}

async function addOnce(stores: Stores, tenantId: string, issuer: string, given: SeedInput['people'][number]): Promise<void> {
  const { subject, name, role } = given;
  if (await stores.people.byIdentity(issuer, subject)) return;
  if ((await stores.people.erasedAt(issuer)).some((erased) => wasSubject(erased.subject, subject))) return;
  const at = new Date();
  const id = randomUUID();
  await stores.people.add({ id, tenantId, issuer, subject, name, active: true, createdAt: at, erasedAt: null });
  await stores.roles.grant({ id: randomUUID(), tenantId, personId: id, groupId: null, project: '*', role });
  await stores.audit.append({
    tenantId,
    type: 'person.added',
    actor: 'service:operator',
    at,
    subject: `person/${id}`,
    payload: { name, issuer, signInName: subject, role, project: '*' },
  });
}
