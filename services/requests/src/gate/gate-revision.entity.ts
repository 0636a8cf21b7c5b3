import type { GateSetting, SubjectKind } from '@countersign/domain';
import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { RequestEntity } from '../request/request.entity.js';

export type RevisionState = 'open' | 'passed' | 'refused' | 'superseded';

@Entity('gate_revision')
@Index('ux_gate_revision_digest', ['requestId', 'gate', 'digest'], { unique: true })
export class GateRevisionEntity {
  @PrimaryColumn({ name: 'request_id', type: 'text' })
  @ForeignKey(() => RequestEntity, { name: 'fk_gate_revision_request' })
  requestId!: string;

  @PrimaryColumn({ type: 'text' })
  gate!: SubjectKind;

  @PrimaryColumn({ type: 'int' })
  revision!: number;

  @Column({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @Column({ type: 'text' })
  digest!: string;

  /** The subject's RFC 8785 bytes as text. */
  @Column({ type: 'text' })
  text!: string;

  @Column({ type: 'text' })
  setting!: GateSetting;

  @Column({ type: 'int' })
  required!: number;

  @Column({ type: 'text' })
  state!: RevisionState;

  /** Ids of the facts that the subject was built from, by kind. */
  @Column({ type: 'jsonb' })
  facts!: Readonly<Partial<Record<string, string>>>;

  @Column({ type: 'text', nullable: true })
  account!: string | null;

  @Column({ name: 'opened_at', type: 'timestamptz', precision: 3 })
  openedAt!: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  deadline!: Date | null;

  @Column({ name: 'closed_at', type: 'timestamptz', precision: 3, nullable: true })
  closedAt!: Date | null;
}
