import type { Role } from '@countersign/domain';
import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { GroupEntity } from '../person/group.entity.js';
import { PersonEntity } from '../person/person.entity.js';
import { TenantEntity } from '../tenant/tenant.entity.js';

/** `project` is a project id, or `*` for every project of the tenant. Held by a person or by a group, never both. */
@Entity('role_binding')
@Index('role_binding_person_key', ['tenantId', 'personId', 'project', 'role'], { unique: true, where: 'person_id IS NOT NULL' })
@Index('role_binding_group_key', ['tenantId', 'groupId', 'project', 'role'], { unique: true, where: 'group_id IS NOT NULL' })
@Check('role_binding_holder_check', '(person_id IS NULL) <> (group_id IS NULL)')
export class RoleBindingEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'role_binding_pkey' })
  id!: string;

  @Column('text', { name: 'tenant_id' })
  @ForeignKey(() => TenantEntity, { name: 'role_binding_tenant_fkey' })
  tenantId!: string;

  @Column('text')
  project!: string;

  @Column('text', { name: 'person_id', nullable: true })
  @ForeignKey(() => PersonEntity, { name: 'role_binding_person_fkey' })
  personId!: string | null;

  @Column('text', { name: 'group_id', nullable: true })
  @ForeignKey(() => GroupEntity, { name: 'role_binding_group_fkey' })
  groupId!: string | null;

  @Column('text')
  role!: Role;
}
