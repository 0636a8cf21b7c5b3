import type { projectsRpc, RpcOutput } from '@countersign/contracts';
import type { Viewer } from '@countersign/domain';

import type { HeldGrant } from '../role/role.repository.js';
import type { Stores } from '../store/database.repository.js';
import { ERASED_SUBJECT } from './erased-person.js';
import type { PersonEntity } from './person.entity.js';

export type PersonView = RpcOutput<typeof projectsRpc, 'people.suspend'>;

const grantsHeldBy = (person: PersonEntity, held: readonly HeldGrant[]) =>
  held.filter(({ personId }) => personId === person.id).map(({ role, project }) => ({ role, project }));

export function toViewer(person: PersonEntity, held: readonly HeldGrant[]): Viewer {
  const { id, tenantId, name, issuer, subject, active } = person;
  return { personId: id, tenantId, name, issuer, subject, active, grants: grantsHeldBy(person, held) };
}

/** People as other people see them: projects by name. */
export async function toPersonViews(tenantId: string, people: readonly PersonEntity[], stores: Stores): Promise<PersonView[]> {
  const held = await stores.roles.grantsOf(tenantId, people.map(({ id }) => id));
  const projects = await stores.projects.byIds(tenantId, [...new Set(held.map(({ project }) => project))]);
  const names = new Map(projects.map(({ id, name }) => [id, name]));
  return people.map((person) => ({
    id: person.id,
    name: person.name,
    subject: person.erasedAt ? ERASED_SUBJECT : person.subject,
    active: person.active,
    grants: grantsHeldBy(person, held).map(({ role, project }) => ({ role, project: names.get(project) ?? project })),
  }));
}

export async function toPersonView(person: PersonEntity, stores: Stores): Promise<PersonView> {
  const [view] = await toPersonViews(person.tenantId, [person], stores);
  if (!view) throw new Error('One person has one view');
  return view;
}
