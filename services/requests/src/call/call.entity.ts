import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';

import { RequestEntity } from '../request/request.entity.js';

/** What a `records.*` activity answered: its retry gets the same answer and changes nothing. */
@Entity('call')
export class CallEntity {
  @PrimaryColumn({ name: 'request_id', type: 'text' })
  @ForeignKey(() => RequestEntity, { name: 'fk_call_request' })
  requestId!: string;

  /** Run and activity id. */
  @PrimaryColumn({ type: 'text' })
  key!: string;

  @Column({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @Column({ type: 'jsonb', nullable: true })
  result!: unknown;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
