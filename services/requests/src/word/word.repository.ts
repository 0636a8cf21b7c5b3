import { type EntityManager, LessThan } from 'typeorm';

import type { KeyScope } from '../key/keyed-act.js';
import { WordEntity } from './word.entity.js';

export class WordRepository {
  constructor(private readonly manager: EntityManager) {}

  /** Answers the row that stands: this one, or the one that another call stored under the same key meanwhile. */
  async insert(row: WordEntity): Promise<WordEntity> {
    const { tenantId, actor, idempotencyKey } = row;
    const insert = this.manager.createQueryBuilder().insert().into(WordEntity).values(row as object).returning('id');
    if (idempotencyKey === null) {
      await insert.execute();
      return row;
    }
    const { raw } = await insert.orIgnore().execute();
    const isStored = (raw as readonly unknown[]).length === 1;
    return isStored ? row : this.manager.findOneByOrFail(WordEntity, { tenantId, actor, idempotencyKey });
  }

  /** The word that the person's key stored; one that is older than the key lasts gives it up. */
  async ofKey({ tenantId, personId, key, since }: KeyScope): Promise<WordEntity | null> {
    const held = { tenantId, actor: personId, idempotencyKey: key };
    await this.manager.update(WordEntity, { ...held, at: LessThan(since) }, { idempotencyKey: null, idempotencyDigest: null });
    return this.manager.findOneBy(WordEntity, held);
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
