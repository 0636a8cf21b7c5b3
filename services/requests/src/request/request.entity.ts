import type { BudgetKind, BudgetLimits, BudgetUsage, Gate, State } from '@countersign/domain';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export type Paused = { readonly by: string; readonly reason: string | null; readonly at: string };
export type Outcome = { readonly code: string | null; readonly message: string };
export const PHASES = ['running', 'review', 'paused', 'done'] as const;
export type Phase = (typeof PHASES)[number];

@Entity('request')
@Index('ix_request_created', ['tenantId', 'createdAt', 'id'])
@Index('ix_request_phase', ['tenantId', 'phase', 'createdAt', 'id'])
@Index('ix_request_state', ['tenantId', 'state', 'createdAt', 'id'])
@Index('ix_request_project', ['tenantId', 'projectId', 'createdAt', 'id'])
@Index('ux_request_key', ['tenantId', 'requesterId', 'idempotencyKey'], { unique: true, where: '(idempotency_key IS NOT NULL)' })
export class RequestEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @Column({ name: 'project_id', type: 'text' })
  projectId!: string;

  @Column({ name: 'project_name', type: 'text' })
  projectName!: string;

  @Column({ type: 'text' })
  title!: string;

  @Column({ type: 'text' })
  body!: string;

  @Column({ name: 'requester_id', type: 'text' })
  requesterId!: string;

  @Column({ type: 'text' })
  state!: State;

  /** Derived from state and pause whenever either changes: what the list's boxes are indexed by. */
  @Column({ type: 'text' })
  phase!: Phase;

  @Column({ type: 'jsonb', nullable: true })
  paused!: Paused | null;

  @Column({ name: 'waiting_for', type: 'text', nullable: true })
  waitingFor!: string | null;

  @Column({ name: 'open_gate', type: 'text', nullable: true })
  openGate!: Gate | null;

  @Column({ name: 'open_revision', type: 'int', nullable: true })
  openRevision!: number | null;

  /** As the project says while the gate is open, so that the inbox needs no call per row. */
  @Column({ name: 'requester_may_approve', type: 'boolean' })
  requesterMayApprove!: boolean;

  @Column({ name: 'owner_workflow_id', type: 'text' })
  ownerWorkflowId!: string;

  /** Null until the first run asks for its work, and while `repair` waits for a new one. */
  @Column({ name: 'owner_run_id', type: 'text', nullable: true })
  ownerRunId!: string | null;

  /** The run that was told RUN_SUPERSEDED last; null where none is known. */
  @Column({ name: 'superseded_run_id', type: 'text', nullable: true })
  supersededRunId!: string | null;

  @Column({ type: 'jsonb' })
  limits!: BudgetLimits;

  /** What the plan's subject says: a raise leaves plan approvals standing. */
  @Column({ name: 'planned_limits', type: 'jsonb' })
  plannedLimits!: BudgetLimits;

  @Column({ type: 'jsonb' })
  usage!: BudgetUsage;

  @Column({ type: 'text', nullable: true })
  exceeded!: BudgetKind | null;

  @Column({ type: 'jsonb', nullable: true })
  outcome!: Outcome | null;

  @Column({ name: 'limits_not_enforced', type: 'jsonb' })
  limitsNotEnforced!: readonly string[];

  @Column({ type: 'int' })
  version!: number;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3 })
  updatedAt!: Date;

  @Column({ name: 'queued_at', type: 'timestamptz', precision: 3, nullable: true })
  queuedAt!: Date | null;

  @Column({ name: 'ended_at', type: 'timestamptz', precision: 3, nullable: true })
  endedAt!: Date | null;

  /** What the caller named the call that made this; forgotten once the key may be used anew. */
  @Column({ name: 'idempotency_key', type: 'text', nullable: true })
  idempotencyKey!: string | null;

  /** SHA-256 of that call's input. */
  @Column({ name: 'idempotency_digest', type: 'text', nullable: true })
  idempotencyDigest!: string | null;
}
