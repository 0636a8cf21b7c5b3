import { randomUUID } from 'node:crypto';

import { AppError, type Role, type Viewer } from '@countersign/domain';

import type { AuditTrail } from '../audit/audit-trail.service.js';
import type { AuditType } from '../audit/audit-entry.js';
import type { PersonEntity } from '../person/person.entity.js';
import { type PersonView, toPersonView } from '../person/person.mapper.js';
import { personNamed, requireAnAdmin } from '../person/person.service.js';
import { isStorable, requirePermission, type ViewerService } from '../person/viewer.service.js';
import type { Stores } from '../store/database.repository.js';

/** `project` is a name; null is every project of the tenant. */
export type RoleChange = { readonly person: string; readonly role: Role; readonly project: string | null };

export class RoleService {
  constructor(
    private readonly viewers: ViewerService,
    private readonly trail: AuditTrail,
  ) {}

  /** A role held already is no change. */
  grant(viewer: Viewer, change: RoleChange): Promise<PersonView> {
    return this.change(viewer, 'role.granted', change, async (stores, person, project) => {
      const { tenantId } = viewer;
      return stores.roles.grant({ id: randomUUID(), tenantId, personId: person.id, groupId: null, project, role: change.role });
    });
  }

  /** Takes a binding of the person's own; what a group gives them stays and is said. */
  revoke(viewer: Viewer, change: RoleChange): Promise<PersonView> {
    return this.change(viewer, 'role.revoked', change, async (stores, person, project) => {
      const revoked = await stores.roles.revoke(viewer.tenantId, person.id, project, change.role);
      if (!revoked) {
        const where = change.project === null ? 'in all projects' : `in ${change.project}`;
        throw new AppError('NOT_FOUND', `${person.subject} has no binding as ${change.role} ${where} of their own`, { field: 'role' });
      }
      await requireAnAdmin(stores, viewer.tenantId);
      return true;
    });
  }

  private change(
    viewer: Viewer,
    type: AuditType & `role.${string}`,
    change: RoleChange,
    apply: (stores: Stores, person: PersonEntity, project: string) => Promise<boolean>,
  ): Promise<PersonView> {
    const target = `${change.person} ${change.role} ${change.project ?? '*'}`;
    return this.trail.change(viewer, { action: type === 'role.granted' ? 'roles.grant' : 'roles.revoke', target }, async (stores) => {
      const { tenantId, personId: actor } = viewer;
      await stores.tenants.lock(tenantId);
      requirePermission(await this.viewers.refreshed(viewer, stores), 'role:manage');
      const person = await personNamed(stores, tenantId, change.person);
      const project = await projectIdOf(stores, tenantId, change.project);
      if (await apply(stores, person, project)) {
        const payload = { name: person.name, signInName: person.subject, role: change.role, project };
        await stores.audit.append({ tenantId, type, actor, at: new Date(), subject: `person/${person.id}`, payload });
      }
      return toPersonView(person, stores);
    });
  }
}

async function projectIdOf(stores: Stores, tenantId: string, name: string | null): Promise<string> {
  if (name === null) return '*';
  const project = isStorable(name) ? await stores.projects.byName(tenantId, name) : null;
  if (!project) throw new AppError('NOT_FOUND', `There is no project ${JSON.stringify(name)}`, { field: 'project' });
  return project.id;
}
