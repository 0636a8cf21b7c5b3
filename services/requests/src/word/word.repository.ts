import type { EntityManager } from 'typeorm';

import { WordEntity } from './word.entity.js';

export class WordRepository {
  constructor(private readonly manager: EntityManager) {}

  async insert(row: WordEntity): Promise<void> {
    await this.manager.insert(WordEntity, row);
  }

  find(id: string): Promise<WordEntity | null> {
    return this.manager.findOneBy(WordEntity, { id });
  }

  async update(id: string, patch: Partial<Pick<WordEntity, 'status' | 'code' | 'delivered'>>): Promise<void> {
    await this.manager.update(WordEntity, { id }, patch);
  }

  all(requestId: string): Promise<WordEntity[]> {
    return this.manager.find(WordEntity, { where: { requestId }, order: { at: 'ASC', id: 'ASC' } });
  }
}
