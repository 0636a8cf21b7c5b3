import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';

import { RequestEntity } from '../request/request.entity.js';
import type { OutboxPayload } from './outbox-payload.js';

@Entity('outbox')
@Index('ix_outbox_due', ['nextAt', 'id'], { where: '(done_at IS NULL)' })
@Index('ix_outbox_request', ['requestId', 'id'])
export class OutboxEntity {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @Column({ name: 'request_id', type: 'text' })
  @ForeignKey(() => RequestEntity, { name: 'fk_outbox_request' })
  requestId!: string;

  @Column({ type: 'text' })
  kind!: OutboxPayload['kind'];

  @Column({ type: 'jsonb' })
  payload!: OutboxPayload;

  @Column({ type: 'int' })
  attempts!: number;

  @Column({ name: 'next_at', type: 'timestamptz', precision: 3 })
  nextAt!: Date;

  @Column({ name: 'done_at', type: 'timestamptz', precision: 3, nullable: true })
  doneAt!: Date | null;
}
