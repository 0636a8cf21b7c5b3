import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';

import { PersonEntity } from '../person/person.entity.js';
import { TenantEntity } from '../tenant/tenant.entity.js';

/** One session, told by when the person authenticated and for which client: a refreshed token is of the same one. */
@Entity('sign_in')
export class SignInEntity {
  @PrimaryColumn('text', { name: 'person_id', primaryKeyConstraintName: 'sign_in_pkey' })
  @ForeignKey(() => PersonEntity, { name: 'sign_in_person_fkey' })
  personId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'sign_in_pkey' })
  client!: string;

  @PrimaryColumn('timestamptz', { name: 'session_at', primaryKeyConstraintName: 'sign_in_pkey' })
  sessionAt!: Date;

  @Column('text', { name: 'tenant_id' })
  @ForeignKey(() => TenantEntity, { name: 'sign_in_tenant_fkey' })
  tenantId!: string;
}
