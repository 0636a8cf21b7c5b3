import { AppError, may, type Permission, type Viewer } from '@countersign/domain';
import type { Caller } from '@countersign/platform';

import type { Database, Stores } from '../store/database.repository.js';
import { toViewer } from './person.mapper.js';

/** Text that Postgres can compare: a NUL or a lone surrogate is an error there, and names nobody here. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

/** Turns an identity into a person with the roles they hold now. Nothing is cached: a suspension counts at once. */
export class ViewerService {
  constructor(private readonly database: Database) {}

  async find(issuer: string, subject: string): Promise<Viewer | null> {
    if (!isStorable(issuer) || !isStorable(subject)) return null;
    const { people, roles } = this.database.stores;
    const person = await people.byIdentity(issuer, subject);
    return person && toViewer(person, await roles.grantsOf(person.tenantId, [person.id]));
  }

  /** @throws AppError FORBIDDEN where nobody here has the caller's identity. */
  async of(caller: Caller): Promise<Viewer> {
    const viewer = caller.kind === 'person' ? await this.find(caller.issuer, caller.subject) : null;
    if (!viewer) throw new AppError('FORBIDDEN', 'You are not known here; an admin must add you');
    return viewer;
  }

  /** The viewer once more, inside a transaction that holds the tenant: a role taken away a moment ago counts. */
  async refreshed({ tenantId, personId }: Pick<Viewer, 'tenantId' | 'personId'>, stores: Stores): Promise<Viewer> {
    const [person] = await stores.people.byIds(tenantId, [personId]);
    if (!person) throw new AppError('FORBIDDEN', 'You are not known here; an admin must add you');
    return toViewer(person, await stores.roles.grantsOf(tenantId, [personId]));
  }
}

/** @throws AppError ACTOR_INACTIVE or FORBIDDEN. Without a project only tenant-wide roles count. */
export function requirePermission(viewer: Viewer, permission: Permission, project?: string): void {
  if (!viewer.active) throw new AppError('ACTOR_INACTIVE', 'You are suspended');
  if (may(viewer, permission, project)) return;
  throw new AppError('FORBIDDEN', `None of your roles ${project === undefined ? 'in all projects ' : ''}allows ${permission}`);
}
