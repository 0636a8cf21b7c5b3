import { AppError, GATE_ROLES, type Grant, may, type Permission, ROLE_PERMISSIONS, type Viewer } from '@countersign/domain';
import type { Caller, PersonCaller } from '@countersign/platform';

import type { RecordsStore } from '../database/records-store.repository.js';
import type { Guards } from '../guards.js';
import type { ListScope, Projects } from '../request/request-list.repository.js';
import type { RequestEntity } from '../request/request.entity.js';
import type { ProjectsPort } from './projects.port.js';

export type Visitor = { readonly viewer: Viewer; readonly caller: PersonCaller };

/** Who asks, and what they may see. The tenant always comes from the person's record. */
export class AccessService {
  constructor(
    private readonly projects: ProjectsPort,
    private readonly store: RecordsStore,
    private readonly guards: Pick<Guards, 'tenantOf'>,
  ) {}

  async visitor(caller: Caller): Promise<Visitor> {
    if (caller.kind !== 'person') throw new AppError('FORBIDDEN', 'Only a person may ask this');
    const viewer = await this.projects.viewer(caller.issuer, caller.subject);
    if (!viewer) throw new AppError('FORBIDDEN', 'Nobody here knows this person');
    if (!viewer.active) throw new AppError('ACTOR_INACTIVE', 'This person is suspended');
    return { viewer, caller };
  }

  /** The request where the viewer may read it; another tenant's does not exist for them. */
  async readable(viewer: Viewer, id: string): Promise<RequestEntity> {
    return this.requireReadable(viewer, id, await this.store.read.requests.findInTenant(this.guards.tenantOf(viewer), id));
  }

  /** The same for a row that was read already, of whichever tenant. */
  requireReadable(viewer: Viewer, id: string, row: RequestEntity | null): RequestEntity {
    if (!row || row.tenantId !== this.guards.tenantOf(viewer) || !may(viewer, 'request:read', row.projectId)) throw notFound(id);
    return row;
  }

  scopeOf(viewer: Viewer): ListScope {
    return {
      tenantId: this.guards.tenantOf(viewer),
      viewerId: viewer.personId,
      visible: projectsWhere(viewer.grants, (grant) => ROLE_PERMISSIONS[grant.role].includes('request:read')),
      votes: projectsWhere(viewer.grants, (grant) => GATE_ROLES.plan.includes(grant.role)),
    };
  }
}

export function notFound(id: string): AppError {
  return new AppError('NOT_FOUND', `There is no request ${id.slice(0, 100)}`, { field: 'id' });
}

export function requirePermission(viewer: Viewer, permission: Permission, project?: string): void {
  if (!may(viewer, permission, project)) throw new AppError('FORBIDDEN', `This needs the permission ${permission}`);
}

function projectsWhere(grants: readonly Grant[], holds: (grant: Grant) => boolean): Projects {
  const held = grants.filter(holds).map(({ project }) => project);
  return held.includes('*') ? null : [...new Set(held)];
}
