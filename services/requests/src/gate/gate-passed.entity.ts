import type { Gate } from '@countersign/domain';
import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { RequestEntity } from '../request/request.entity.js';

/** The `gate-passed` statements: one for each time that a gate closed in favour. */
@Entity('gate_passed')
@Index('ix_gate_passed_request', ['requestId', 'gate', 'at'])
export class GatePassedEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @Column({ name: 'request_id', type: 'text' })
  @ForeignKey(() => RequestEntity, { name: 'fk_gate_passed_request' })
  requestId!: string;

  @Column({ type: 'text' })
  gate!: Gate;

  @Column({ type: 'int' })
  revision!: number;

  @Column({ type: 'text' })
  digest!: string;

  @Column({ type: 'text' })
  envelope!: string;

  /** The decision that closed the gate. */
  @Column({ name: 'closed_by', type: 'text' })
  closedBy!: string;

  /** False once the gate opened again. */
  @Column({ type: 'boolean' })
  live!: boolean;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
