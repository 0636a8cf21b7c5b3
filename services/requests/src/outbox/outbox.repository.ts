import { type EntityManager, IsNull } from 'typeorm';

import type { OutboxPayload } from './outbox-payload.js';
import { OutboxEntity } from './outbox.entity.js';

type Owner = { readonly id: string; readonly tenantId: string };

export class OutboxRepository {
  constructor(private readonly manager: EntityManager) {}

  /** `heldForMs`: how long the writer itself tries before the dispatcher may. */
  async add(owner: Owner, payload: OutboxPayload, now: Date, heldForMs = 0): Promise<string> {
    const row = {
      tenantId: owner.tenantId,
      requestId: owner.id,
      kind: payload.kind,
      payload,
      attempts: 0,
      nextAt: new Date(now.getTime() + heldForMs),
      doneAt: null,
    };
    const { identifiers } = await this.manager.insert(OutboxEntity, row as object as OutboxEntity);
    return String(identifiers[0]?.['id']);
  }

  /** Takes due rows for `leaseMs`; a dispatcher that dies leaves them to the next. */
  async claim(limit: number, leaseMs: number, now: Date): Promise<OutboxEntity[]> {
    const [rows] = await this.manager.query<[{ id: string }[], number]>(
      `UPDATE outbox SET next_at = $1, attempts = attempts + 1 WHERE id IN (
         SELECT id FROM outbox WHERE done_at IS NULL AND next_at <= $2 ORDER BY next_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
       ) RETURNING id`,
      [new Date(now.getTime() + leaseMs), now, limit],
    );
    if (rows.length === 0) return [];
    const found = await this.manager
      .createQueryBuilder(OutboxEntity, 'o')
      .where('o.id IN (:...ids)', { ids: rows.map(({ id }) => id) })
      .orderBy('o.id')
      .getMany();
    return found;
  }

  find(id: string): Promise<OutboxEntity | null> {
    return this.manager.findOneBy(OutboxEntity, { id });
  }

  async undelivered(requestId: string): Promise<OutboxEntity[]> {
    return this.manager.find(OutboxEntity, { where: { requestId, doneAt: IsNull() }, order: { id: 'ASC' } });
  }

  async done(id: string, now: Date): Promise<void> {
    await this.manager.update(OutboxEntity, { id }, { doneAt: now });
  }

  async retryAt(id: string, nextAt: Date): Promise<void> {
    await this.manager.update(OutboxEntity, { id, doneAt: IsNull() }, { nextAt });
  }
}
