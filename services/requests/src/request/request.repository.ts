import type { EntityManager } from 'typeorm';

import { phaseOf } from './phase.js';
import { RequestEventEntity } from './request-event.entity.js';
import { RequestEntity } from './request.entity.js';

export type RequestPatch = Partial<Omit<RequestEntity, 'id' | 'tenantId' | 'version' | 'phase' | 'updatedAt'>>;
export type NewEvent = Pick<RequestEventEntity, 'type' | 'actor' | 'text' | 'data' | 'at'>;

export class RequestRepository {
  constructor(private readonly manager: EntityManager) {}

  async insert(row: RequestEntity): Promise<void> {
    await this.manager.insert(RequestEntity, row);
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
