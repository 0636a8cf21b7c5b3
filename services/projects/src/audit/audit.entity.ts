import { Column, Entity, ForeignKey, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

import { TenantEntity } from '../tenant/tenant.entity.js';

/** Written once: the service's role may neither change nor delete a row. */
@Entity('audit_entry')
@Index('audit_entry_tenant_idx', ['tenantId', 'id'])
@Index('audit_entry_arrival_idx', ['tenantId', 'xid', 'id'])
export class AuditEntryEntity {
  @PrimaryGeneratedColumn({ type: 'bigint', primaryKeyConstraintName: 'audit_entry_pkey' })
  id!: string;

  @Column('text', { name: 'tenant_id' })
  @ForeignKey(() => TenantEntity, { name: 'audit_entry_tenant_fkey' })
  tenantId!: string;

  /** RFC 8785 bytes of the entry. */
  @Column('bytea')
  entry!: Buffer;

  /** The writing transaction, by Postgres itself: the log takes entries in this order. */
  @Column({ type: 'bigint', default: () => 'txid_current()', select: false, insert: false, update: false })
  readonly xid?: string;
}

/** What an entry's `payload` digest was made from; may be erased without touching the entry. */
@Entity('audit_payload')
export class AuditPayloadEntity {
  @PrimaryColumn('bigint', { name: 'entry_id', primaryKeyConstraintName: 'audit_payload_pkey' })
  @ForeignKey(() => AuditEntryEntity, { name: 'audit_payload_entry_fkey' })
  entryId!: string;

  @Column('text', { name: 'tenant_id' })
  @ForeignKey(() => TenantEntity, { name: 'audit_payload_tenant_fkey' })
  tenantId!: string;

  /** RFC 8785 bytes: the salt and what happened. */
  @Column('bytea')
  payload!: Buffer;
}
