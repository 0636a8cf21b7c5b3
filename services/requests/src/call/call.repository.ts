import type { EntityManager } from 'typeorm';

import { CallEntity } from './call.entity.js';

export class CallRepository {
  constructor(private readonly manager: EntityManager) {}

  find(requestId: string, key: string): Promise<CallEntity | null> {
    return this.manager.findOneBy(CallEntity, { requestId, key });
  }

  async insert(row: CallEntity): Promise<void> {
    await this.manager.insert(CallEntity, row as object);
  }

  /** An ended request makes no further call; only the last answer may still be asked for. */
  async clear(requestId: string): Promise<void> {
    await this.manager.delete(CallEntity, { requestId });
  }
}
