import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { TenantEntity } from '../tenant/tenant.entity.js';

/** One sign-in identity. Issuer and subject name one person of one tenant, so a token never chooses its tenant. */
@Entity('person')
@Index('person_identity_key', ['issuer', 'subject'], { unique: true })
@Index('person_tenant_idx', ['tenantId', 'subject', 'id'])
export class PersonEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'person_pkey' })
  id!: string;

  @Column('text', { name: 'tenant_id' })
  @ForeignKey(() => TenantEntity, { name: 'person_tenant_fkey' })
  tenantId!: string;

  @Column('text')
  issuer!: string;

  @Column('text')
  subject!: string;

  @Column('text')
  name!: string;

  @Column('boolean')
  active!: boolean;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  /** From then on name and subject stand for nobody. */
  @Column('timestamptz', { name: 'erased_at', nullable: true })
  erasedAt!: Date | null;
}
