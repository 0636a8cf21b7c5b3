import type { Grant, Role } from '@countersign/domain';
import type { EntityManager } from 'typeorm';

import { RoleBindingEntity } from './role-binding.entity.js';

export type HeldGrant = Grant & { readonly personId: string };
export type EligiblePerson = { readonly id: string; readonly name: string };

/** Who holds a binding: the person named in it, or every member of the group named in it. */
const HOLDERS = `
  SELECT binding.tenant_id, binding.project, binding.role, COALESCE(binding.person_id, member.person_id) AS person_id
    FROM role_binding binding
    LEFT JOIN group_member member ON member.group_id = binding.group_id AND member.tenant_id = binding.tenant_id`;

export class RoleRepository {
  constructor(private readonly manager: EntityManager) {}

  /** Every grant of these people, their groups' included, each once. */
  grantsOf(tenantId: string, personIds: readonly string[]): Promise<HeldGrant[]> {
    return this.manager.query<HeldGrant[]>(
      `SELECT DISTINCT held.person_id AS "personId", held.role, held.project FROM (${HOLDERS}) held
        WHERE held.tenant_id = $1 AND held.person_id = ANY($2)
        ORDER BY held.person_id, held.project, held.role`,
      [tenantId, personIds],
    );
  }

  /** Active people who hold one of the roles in the project (`*`: in every project). */
  eligible(tenantId: string, project: string, roles: readonly Role[], exclude: string | null): Promise<EligiblePerson[]> {
    return this.manager.query<EligiblePerson[]>(
      `SELECT person.id, person.name FROM person
        WHERE person.tenant_id = $1 AND person.active AND person.id IS DISTINCT FROM $4
          AND EXISTS (SELECT 1 FROM (${HOLDERS}) held
                       WHERE held.person_id = person.id AND held.tenant_id = person.tenant_id
                         AND held.role = ANY($3) AND held.project IN ('*', $2))
        ORDER BY person.name, person.id`,
      [tenantId, project, roles, exclude],
    );
  }

  /** True where the binding is new. */
  async grant(binding: RoleBindingEntity): Promise<boolean> {
    const { personId, tenantId, project, role } = binding;
    const held = personId !== null && (await this.manager.existsBy(RoleBindingEntity, { tenantId, personId, project, role }));
    if (held) return false;
    await this.manager.insert(RoleBindingEntity, binding);
    return true;
  }

  /** True where there was a binding of the person's own. */
  async revoke(tenantId: string, personId: string, project: string, role: Role): Promise<boolean> {
    const gone = await this.manager.delete(RoleBindingEntity, { tenantId, personId, project, role });
    return (gone.affected ?? 0) > 0;
  }
}
