import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity('idempotency_key')
export class IdempotencyKeyEntity {
  @PrimaryColumn('text', { name: 'tenant_id' }) tenantId!: string;
  @PrimaryColumn('text', { name: 'person_id' }) personId!: string;
  @PrimaryColumn('text', { name: 'key' }) key!: string;
  /** SHA-256 of operation and variables. */
  @Column('text') digest!: string;
  @Column('uuid') owner!: string;
  /** The answer as JSON text; null while it is being made. */
  @Column('text', { nullable: true }) response!: string | null;
  @Index('idempotency_key_claimed_at')
  @Column('timestamptz', { name: 'claimed_at' })
  claimedAt!: Date;
}
