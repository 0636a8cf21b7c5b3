import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';

import { RequestEntity } from './request.entity.js';

@Entity('request_event')
export class RequestEventEntity {
  @PrimaryColumn({ name: 'request_id', type: 'text' })
  @ForeignKey(() => RequestEntity, { name: 'fk_request_event_request' })
  requestId!: string;

  @PrimaryColumn({ type: 'int' })
  seq!: number;

  @Column({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @Column({ type: 'text' })
  type!: string;

  /** A person's id; null where the machinery acted. */
  @Column({ type: 'text', nullable: true })
  actor!: string | null;

  @Column({ type: 'text' })
  text!: string;

  @Column({ type: 'jsonb' })
  data!: Readonly<Record<string, unknown>>;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
