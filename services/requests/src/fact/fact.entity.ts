import type { FactKind } from '@countersign/domain';
import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { RequestEntity } from '../request/request.entity.js';

/** What an activity measured: one row per fact, never changed. */
@Entity('fact')
@Index('ux_fact_key', ['requestId', 'key'], { unique: true })
@Index('ix_fact_kind', ['requestId', 'kind', 'seq'])
export class FactEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'bigint', generated: 'increment' })
  seq!: string;

  @Column({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @Column({ name: 'request_id', type: 'text' })
  @ForeignKey(() => RequestEntity, { name: 'fk_fact_request' })
  requestId!: string;

  @Column({ type: 'text' })
  kind!: FactKind;

  @Column({ type: 'text' })
  key!: string;

  @Column({ type: 'jsonb' })
  data!: unknown;

  @Column({ type: 'text' })
  digest!: string;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
