import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What an entry's `payload` hash stands for; may be erased without breaking the log. */
@Entity('audit_payload')
export class AuditPayloadEntity {
  @PrimaryColumn({ type: 'text' })
  sha256!: string;

  /** A list of keys is the same payload in every tenant's log. */
  @PrimaryColumn({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @Column({ name: 'request_id', type: 'text', nullable: true })
  requestId!: string | null;

  @Column({ type: 'bytea' })
  payload!: Buffer;
}
