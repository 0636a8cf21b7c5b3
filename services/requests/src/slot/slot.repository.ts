import type { EntityManager } from 'typeorm';

import { SlotEntity } from './slot.entity.js';

export class SlotRepository {
  constructor(private readonly manager: EntityManager) {}

  /** One transaction at a time looks at the queue. Taken after the request's own lock, never before. */
  async lockQueue(): Promise<void> {
    await this.manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('countersign:slots', 0))`);
  }

  find(requestId: string): Promise<SlotEntity | null> {
    return this.manager.findOneBy(SlotEntity, { requestId });
  }

  async enter(row: SlotEntity): Promise<void> {
    await this.manager.createQueryBuilder().insert().into(SlotEntity).values(row).orIgnore().execute();
  }

  async update(requestId: string, patch: Partial<Pick<SlotEntity, 'grantedAt' | 'parked'>>): Promise<void> {
    await this.manager.update(SlotEntity, { requestId }, patch);
  }

  async leave(requestId: string): Promise<void> {
    await this.manager.delete(SlotEntity, { requestId });
  }

  async granted(): Promise<number> {
    const rows = await this.manager.query<{ count: number }[]>('SELECT count(*)::int AS count FROM slot WHERE granted_at IS NOT NULL');
    return rows[0]?.count ?? 0;
  }

  /** Those that wait and are not paused, first come first. */
  waiting(limit: number): Promise<SlotEntity[]> {
    return this.manager
      .createQueryBuilder(SlotEntity, 's')
      .where('s.granted_at IS NULL AND NOT s.parked')
      .orderBy('s.entered_at')
      .addOrderBy('s.request_id')
      .limit(limit)
      .getMany();
  }

  async ahead(row: SlotEntity): Promise<number> {
    const rows = await this.manager.query<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM slot WHERE granted_at IS NULL AND NOT parked AND (entered_at, request_id) < ($1, $2)`,
      [row.enteredAt, row.requestId],
    );
    return rows[0]?.count ?? 0;
  }
}
