import type { BudgetUsage } from '@countersign/domain';
import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';

import { RequestEntity } from '../request/request.entity.js';

/** One row per key, so that a retried activity counts its use once. */
@Entity('usage_entry')
export class UsageEntryEntity {
  @PrimaryColumn({ name: 'request_id', type: 'text' })
  @ForeignKey(() => RequestEntity, { name: 'fk_usage_entry_request' })
  requestId!: string;

  @PrimaryColumn({ type: 'text' })
  key!: string;

  @Column({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @Column({ type: 'jsonb' })
  usage!: BudgetUsage;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
