import { type EntityManager, LessThan } from 'typeorm';

import type { KeyScope } from '../key/keyed-act.js';
import { phaseOf } from './phase.js';
import { RequestEventEntity } from './request-event.entity.js';
import { RequestEntity } from './request.entity.js';

export type RequestPatch = Partial<Omit<RequestEntity, 'id' | 'tenantId' | 'version' | 'phase' | 'updatedAt'>>;
export type NewEvent = Pick<RequestEventEntity, 'type' | 'actor' | 'text' | 'data' | 'at'>;

export class RequestRepository {
  constructor(private readonly manager: EntityManager) {}

  /** Answers the row that stands: this one, or the one that another call stored under the same key meanwhile. */
  async insert(row: RequestEntity): Promise<RequestEntity> {
    const { tenantId, requesterId, idempotencyKey } = row;
    const insert = this.manager.createQueryBuilder().insert().into(RequestEntity).values(row).returning('id');
    if (idempotencyKey === null) {
      await insert.execute();
      return row;
    }
    const { raw } = await insert.orIgnore().execute();
    const isStored = (raw as readonly unknown[]).length === 1;
    return isStored ? row : this.manager.findOneByOrFail(RequestEntity, { tenantId, requesterId, idempotencyKey });
  }

  /** The request that the person's key made; one that is older than the key lasts gives it up. */
  async ofKey({ tenantId, personId, key, since }: KeyScope): Promise<RequestEntity | null> {
    const held = { tenantId, requesterId: personId, idempotencyKey: key };
    await this.manager.update(RequestEntity, { ...held, createdAt: LessThan(since) }, { idempotencyKey: null, idempotencyDigest: null });
    return this.manager.findOneBy(RequestEntity, held);
  }

  find(id: string): Promise<RequestEntity | null> {
    return this.manager.findOneBy(RequestEntity, { id });
  }

  findInTenant(tenantId: string, id: string): Promise<RequestEntity | null> {
    return this.manager.findOneBy(RequestEntity, { tenantId, id });
  }

  /** Every change of a request's rows happens under this lock. Rows that refer to it may still be added by others. */
  lock(id: string): Promise<RequestEntity | null> {
    return this.manager.findOne(RequestEntity, { where: { id }, lock: { mode: 'for_no_key_update' } });
  }

  /** Changes the locked row and the object that stands for it. */
  async update(row: RequestEntity, patch: RequestPatch, now: Date): Promise<void> {
    Object.assign(row, patch, { version: row.version + 1, updatedAt: now });
    const phase = phaseOf(row.state, row.paused);
    row.phase = phase;
    const changed = { ...patch, version: row.version, updatedAt: now, phase };
    await this.manager.createQueryBuilder().update(RequestEntity).set(changed).where('id = :id', { id: row.id }).execute();
  }

  async addEvent(row: RequestEntity, event: NewEvent): Promise<void> {
    const last = await this.manager.maximum(RequestEventEntity, 'seq', { requestId: row.id });
    await this.manager.insert(RequestEventEntity, {
      requestId: row.id,
      tenantId: row.tenantId,
      seq: (last ?? 0) + 1,
      ...event,
    } as object);
  }

  events(requestId: string): Promise<RequestEventEntity[]> {
    return this.manager.find(RequestEventEntity, { where: { requestId }, order: { seq: 'ASC' } });
  }
}
