import type { EntityManager } from 'typeorm';

import { KeyListEntity } from './key-list.entity.js';

export class KeyListRepository {
  constructor(private readonly manager: EntityManager) {}

  newest(): Promise<KeyListEntity | null> {
    return this.manager.findOne(KeyListEntity, { where: {}, order: { number: 'DESC' } });
  }

  /** @returns false where another process entered a list of this number first. */
  async insert(row: KeyListEntity): Promise<boolean> {
    const { raw } = await this.manager.createQueryBuilder().insert().into(KeyListEntity).values(row).orIgnore().returning(['number']).execute();
    return (raw as readonly unknown[]).length > 0;
  }
}
