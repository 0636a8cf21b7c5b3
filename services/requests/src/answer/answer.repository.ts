import type { Gate } from '@countersign/domain';
import { type EntityManager, IsNull } from 'typeorm';

import { AnswerEntity } from './answer.entity.js';

export class AnswerRepository {
  constructor(private readonly manager: EntityManager) {}

  async insert(row: AnswerEntity): Promise<void> {
    await this.manager.insert(AnswerEntity, row);
  }

  find(wordId: string): Promise<AnswerEntity | null> {
    return this.manager.findOneBy(AnswerEntity, { wordId });
  }

  all(requestId: string): Promise<AnswerEntity[]> {
    return this.manager.find(AnswerEntity, { where: { requestId }, order: { askedAt: 'ASC', wordId: 'ASC' } });
  }

  count(requestId: string, gate: Gate, revision: number): Promise<number> {
    return this.manager.countBy(AnswerEntity, { requestId, gate, revision });
  }

  /** Whether it was the first: an answer that is there stays. */
  async settle(wordId: string, answer: Pick<AnswerEntity, 'author' | 'byModel' | 'text' | 'answeredAt'>): Promise<boolean> {
    const { affected } = await this.manager.update(AnswerEntity, { wordId, answeredAt: IsNull() }, { ...answer, waitingFor: null });
    return affected === 1;
  }

  async noteWaiting(wordId: string, waitingFor: string | null): Promise<void> {
    await this.manager.update(AnswerEntity, { wordId, answeredAt: IsNull() }, { waitingFor });
  }
}
