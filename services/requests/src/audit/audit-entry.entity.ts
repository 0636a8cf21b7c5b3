import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** INSERT and SELECT only for the service's role. `entry` holds the RFC 8785 bytes; the rest is for finding them. */
@Entity('audit_entry')
@Index('ix_audit_entry_request', ['tenantId', 'requestId', 'id'])
@Index('ix_audit_entry_arrival', ['tenantId', 'xid', 'id'])
export class AuditEntryEntity {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @Column({ name: 'request_id', type: 'text', nullable: true })
  requestId!: string | null;

  @Column({ type: 'bytea' })
  entry!: Buffer;

  /** The writing transaction, by Postgres itself: the log takes entries in this order. */
  @Column({ type: 'bigint', default: () => 'txid_current()', select: false, insert: false, update: false })
  readonly xid?: string;
}
