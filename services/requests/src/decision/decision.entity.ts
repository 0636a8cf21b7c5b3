import type { SubjectKind, Verdict } from '@countersign/domain';
import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { RequestEntity } from '../request/request.entity.js';

export type ActorKind = 'person' | 'policy' | 'gate-off';
export type DecisionStatus = 'recorded' | 'counted' | 'dropped';

@Entity('decision')
@Index('ux_decision_live', ['tenantId', 'requestId', 'gate', 'revision', 'actor'], { unique: true, where: '(live)' })
@Index('ix_decision_request', ['requestId', 'gate', 'at'])
export class DecisionEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @Column({ name: 'request_id', type: 'text' })
  @ForeignKey(() => RequestEntity, { name: 'fk_decision_request' })
  requestId!: string;

  @Column({ type: 'text' })
  gate!: SubjectKind;

  @Column({ type: 'int' })
  revision!: number;

  /** Of the subject. */
  @Column({ type: 'text' })
  digest!: string;

  /** A person's id, or the kind of a machine's decision. */
  @Column({ type: 'text' })
  actor!: string;

  @Column({ name: 'actor_kind', type: 'text' })
  actorKind!: ActorKind;

  @Column({ type: 'text' })
  verdict!: Verdict;

  /** Stored before it is first sent, never changed. */
  @Column({ type: 'text' })
  envelope!: string;

  @Column({ name: 'envelope_sha256', type: 'text' })
  envelopeSha256!: string;

  @Column({ name: 'update_id', type: 'text' })
  updateId!: string;

  @Column({ type: 'text' })
  status!: DecisionStatus;

  @Column({ type: 'text', nullable: true })
  code!: string | null;

  @Column({ type: 'boolean' })
  live!: boolean;

  /** The lifecycle took it into its count. */
  @Column({ type: 'boolean' })
  delivered!: boolean;

  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  @Column({ name: 'reason_salt', type: 'text', nullable: true })
  reasonSalt!: string | null;

  @Column({ type: 'text' })
  channel!: string;

  @Column({ type: 'jsonb' })
  amr!: readonly string[];

  @Column({ name: 'policy_version', type: 'text' })
  policyVersion!: string;

  @Column({ name: 'policy_ids', type: 'jsonb' })
  policyIds!: readonly string[];

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
