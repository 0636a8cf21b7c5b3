import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { RequestEntity } from '../request/request.entity.js';

/** A place in the installation's queue for execution; granted in order of entering. */
@Entity('slot')
@Index('ix_slot_entered', ['enteredAt'])
export class SlotEntity {
  @PrimaryColumn({ name: 'request_id', type: 'text' })
  @ForeignKey(() => RequestEntity, { name: 'fk_slot_request' })
  requestId!: string;

  @Column({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @Column({ name: 'entered_at', type: 'timestamptz', precision: 3 })
  enteredAt!: Date;

  @Column({ name: 'granted_at', type: 'timestamptz', precision: 3, nullable: true })
  grantedAt!: Date | null;

  /** A paused request keeps its place and lets others pass. */
  @Column({ type: 'boolean' })
  parked!: boolean;
}
