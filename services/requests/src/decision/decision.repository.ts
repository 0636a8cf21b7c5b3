import type { SubjectKind } from '@countersign/domain';
import { type EntityManager, In } from 'typeorm';

import { DecisionEntity } from './decision.entity.js';

export type OfRevision = { readonly requestId: string; readonly gate: SubjectKind; readonly revision: number };
export type DecisionPatch = Partial<Pick<DecisionEntity, 'status' | 'code' | 'live' | 'delivered'>>;

export class DecisionRepository {
  constructor(private readonly manager: EntityManager) {}

  async insert(row: DecisionEntity): Promise<void> {
    await this.manager.insert(DecisionEntity, row);
  }

  find(id: string): Promise<DecisionEntity | null> {
    return this.manager.findOneBy(DecisionEntity, { id });
  }

  byIds(requestId: string, ids: readonly string[]): Promise<DecisionEntity[]> {
    return this.manager.find(DecisionEntity, { where: { requestId, id: In([...ids]) }, order: { at: 'ASC' } });
  }

  live(of: OfRevision): Promise<DecisionEntity[]> {
    return this.manager.find(DecisionEntity, { where: { ...of, live: true }, order: { at: 'ASC', id: 'ASC' } });
  }

  liveOf(of: OfRevision, actor: string): Promise<DecisionEntity | null> {
    return this.manager.findOneBy(DecisionEntity, { ...of, actor, live: true });
  }

  all(requestId: string): Promise<DecisionEntity[]> {
    return this.manager.find(DecisionEntity, { where: { requestId }, order: { at: 'ASC', id: 'ASC' } });
  }

  async update(id: string, patch: DecisionPatch): Promise<void> {
    await this.manager.update(DecisionEntity, { id }, patch);
  }

  /** Ends the life of every vote of a gate, or of its other revisions. */
  async endLife(requestId: string, gate: SubjectKind, except: number | null, code: string | null): Promise<void> {
    const query = this.manager
      .createQueryBuilder()
      .update(DecisionEntity)
      .set(code === null ? { live: false } : { live: false, code })
      .where('request_id = :requestId AND gate = :gate AND live', { requestId, gate });
    if (except !== null) query.andWhere('revision <> :except', { except });
    await query.execute();
  }
}
