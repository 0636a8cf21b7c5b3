import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { TenantEntity } from '../tenant/tenant.entity.js';
import { PersonEntity } from './person.entity.js';

@Entity('person_group')
@Index('person_group_name_key', ['tenantId', 'name'], { unique: true })
export class GroupEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'person_group_pkey' })
  id!: string;

  @Column('text', { name: 'tenant_id' })
  @ForeignKey(() => TenantEntity, { name: 'person_group_tenant_fkey' })
  tenantId!: string;

  @Column('text')
  name!: string;
}

@Entity('group_member')
@Index('group_member_person_idx', ['personId'])
export class GroupMemberEntity {
  @PrimaryColumn('text', { name: 'group_id', primaryKeyConstraintName: 'group_member_pkey' })
  @ForeignKey(() => GroupEntity, { name: 'group_member_group_fkey' })
  groupId!: string;

  @PrimaryColumn('text', { name: 'person_id', primaryKeyConstraintName: 'group_member_pkey' })
  @ForeignKey(() => PersonEntity, { name: 'group_member_person_fkey' })
  personId!: string;

  @Column('text', { name: 'tenant_id' })
  @ForeignKey(() => TenantEntity, { name: 'group_member_tenant_fkey' })
  tenantId!: string;
}
