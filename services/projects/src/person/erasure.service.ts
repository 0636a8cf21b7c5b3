import type { projectsRpc, RpcInput, RpcOutput } from '@countersign/contracts';
import { AppError } from '@countersign/domain';

import type { AuditTrail } from '../audit/audit-trail.service.js';
import type { Database, Stores } from '../store/database.repository.js';
import { ERASED_NAME, erasedSubject } from './erased-person.js';
import type { PersonEntity } from './person.entity.js';
import { personNamed, requireAnAdmin } from './person.service.js';
import { requirePermission, type ViewerService } from './viewer.service.js';

type Contract = typeof projectsRpc;
type By = { readonly tenantId: string; readonly by: string };

/** What this service keeps of a person. services/requests asks for it, which has erased its own part before. */
export class ErasureService {
  constructor(
    private readonly database: Database,
    private readonly viewers: ViewerService,
    private readonly trail: AuditTrail,
  ) {}

  /** @throws AppError FORBIDDEN, NOT_FOUND or PERSON_NOT_SUSPENDED, each recorded. */
  erasable({ tenantId, by, person: name }: RpcInput<Contract, 'people.erasable'>): Promise<RpcOutput<Contract, 'people.erasable'>> {
    return this.trail.change({ tenantId, personId: by }, { action: 'people.erase', target: name }, async (stores) => {
      const person = await this.allowed(stores, { tenantId, by }, name);
      return { personId: person.id, name: person.name };
    });
  }

  erase({ tenantId, by, personId }: RpcInput<Contract, 'people.erase'>): Promise<RpcOutput<Contract, 'people.erase'>> {
    return this.trail.change({ tenantId, personId: by }, { action: 'people.erase', target: personId }, async (stores) => {
      const person = await this.allowed(stores, { tenantId, by }, personId);
      const payloads = await stores.audit.erase(tenantId, await payloadsAbout(stores, person));
      const isFirst = person.erasedAt === null;
      if (isFirst) await forget(stores, person);
      await requireAnAdmin(stores, tenantId);
      if (isFirst || payloads > 0) {
        const subject = `person/${person.id}`;
        await stores.audit.append({ tenantId, type: 'erasure', actor: by, at: new Date(), subject, payload: { person: person.id, payloads } });
      }
      return { payloads };
    });
  }

  private async allowed(stores: Stores, { tenantId, by }: By, name: string): Promise<PersonEntity> {
    await stores.tenants.lock(tenantId);
    requirePermission(await this.viewers.refreshed({ tenantId, personId: by }, stores), 'person:manage');
    const person = await personNamed(stores, tenantId, name);
    if (person.id === by) throw new AppError('FORBIDDEN', 'Nobody erases themselves');
    if (person.active) throw new AppError('PERSON_NOT_SUSPENDED', 'Nobody is erased who may still act: suspend them first (countersign person suspend)', { field: 'person' });
    return person;
  }
}

async function forget(stores: Stores, { tenantId, id, subject }: PersonEntity): Promise<void> {
  await stores.people.erase(tenantId, id, { name: ERASED_NAME, subject: erasedSubject(subject), erasedAt: new Date() });
  await stores.signIns.forget(tenantId, id);
}

/** Entries that the person caused or that are about them, and refusals of what others tried to do to them. */
async function payloadsAbout(stores: Stores, { tenantId, id, subject, erasedAt }: PersonEntity): Promise<string[]> {
  const theirs = await stores.audit.entriesOf(tenantId, id);
  const called = erasedAt === null ? [id, subject] : [id];
  const refused = (await stores.audit.refusals(tenantId)).filter(({ payload }) => called.includes(targetOf(payload)));
  return [...new Set([...theirs, ...refused.map(({ entryId }) => entryId)])];
}

/** Whom a refused change of people or roles was about, as it was typed; of other changes nobody. */
function targetOf(payload: Buffer): string {
  const { action = '', target = '' } = JSON.parse(payload.toString('utf8')) as { action?: string; target?: string };
  if (action.startsWith('people.')) return target;
  // `<person> <role> <project>`, as RoleService words it; a sign-in name may hold spaces.
  return action.startsWith('roles.') ? target.split(' ').slice(0, -2).join(' ') : '';
}
