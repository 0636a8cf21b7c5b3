import type { BudgetLimits, WordKind } from '@countersign/domain';
import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { RequestEntity } from '../request/request.entity.js';

export type WordStatus = 'recorded' | 'applied' | 'refused';

/** What a person said other than a vote; only its id travels to the lifecycle. */
@Entity('word')
@Index('ix_word_request', ['requestId', 'at'])
@Index('ux_word_key', ['tenantId', 'actor', 'idempotencyKey'], { unique: true, where: '(idempotency_key IS NOT NULL)' })
export class WordEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @Column({ name: 'request_id', type: 'text' })
  @ForeignKey(() => RequestEntity, { name: 'fk_word_request' })
  requestId!: string;

  @Column({ type: 'text' })
  kind!: WordKind;

  @Column({ type: 'text' })
  actor!: string;

  @Column({ type: 'text', nullable: true })
  text!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  limits!: BudgetLimits | null;

  @Column({ name: 'decision_id', type: 'text', nullable: true })
  decisionId!: string | null;

  /** SHA-256 over the word and a random salt: the update id, not guessable and the same on every re-send. */
  @Column({ type: 'text' })
  digest!: string;

  @Column({ type: 'text' })
  status!: WordStatus;

  @Column({ type: 'text', nullable: true })
  code!: string | null;

  @Column({ type: 'boolean' })
  delivered!: boolean;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;

  /** What the caller named the call that made this; forgotten once the key may be used anew. */
  @Column({ name: 'idempotency_key', type: 'text', nullable: true })
  idempotencyKey!: string | null;

  /** SHA-256 of that call's input. */
  @Column({ name: 'idempotency_digest', type: 'text', nullable: true })
  idempotencyDigest!: string | null;
}
