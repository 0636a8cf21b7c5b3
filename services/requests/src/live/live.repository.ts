import type { EntityManager } from 'typeorm';

import { RequestEventEntity } from '../request/request-event.entity.js';
import { LIVE_CHANNEL } from './live-hint.js';

export class LiveRepository {
  constructor(private readonly manager: EntityManager) {}

  /** Tells every process of this service; a request that nobody knows tells nothing. */
  async announceLog(requestId: string): Promise<void> {
    await this.manager.query(`SELECT pg_notify($1, json_build_array('log', tenant_id, id)::text) FROM request WHERE id = $2`, [
      LIVE_CHANNEL,
      requestId,
    ]);
  }

  /** Oldest first, one more than `limit` where there are more. */
  eventsAfter(requestId: string, seq: number, limit: number): Promise<RequestEventEntity[]> {
    return this.manager
      .createQueryBuilder(RequestEventEntity, 'e')
      .where('e.request_id = :requestId AND e.seq > :seq', { requestId, seq })
      .orderBy('e.seq')
      .limit(limit + 1)
      .getMany();
  }

  async lastEvent(requestId: string): Promise<number> {
    return (await this.manager.maximum(RequestEventEntity, 'seq', { requestId })) ?? 0;
  }
}
