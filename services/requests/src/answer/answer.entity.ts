import type { Gate } from '@countersign/domain';
import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { RequestEntity } from '../request/request.entity.js';
import { WordEntity } from '../word/word.entity.js';

/** The answer to a comment: one row from the moment the model is asked, without text until it has answered. */
@Entity('answer')
@Index('ix_answer_request', ['requestId', 'gate', 'revision'])
export class AnswerEntity {
  @PrimaryColumn({ name: 'word_id', type: 'text' })
  @ForeignKey(() => WordEntity, { name: 'fk_answer_word' })
  wordId!: string;

  @Column({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @Column({ name: 'request_id', type: 'text' })
  @ForeignKey(() => RequestEntity, { name: 'fk_answer_request' })
  requestId!: string;

  /** The document that was open when the model was asked. */
  @Column({ type: 'text' })
  gate!: Gate;

  @Column({ type: 'int' })
  revision!: number;

  @Column({ type: 'text' })
  author!: string;

  @Column({ name: 'by_model', type: 'boolean' })
  byModel!: boolean;

  @Column({ type: 'text', nullable: true })
  text!: string | null;

  @Column({ name: 'waiting_for', type: 'text', nullable: true })
  waitingFor!: string | null;

  @Column({ name: 'asked_at', type: 'timestamptz', precision: 3 })
  askedAt!: Date;

  @Column({ name: 'answered_at', type: 'timestamptz', precision: 3, nullable: true })
  answeredAt!: Date | null;
}
