import type { Gate, SubjectKind } from '@countersign/domain';
import { type EntityManager, In } from 'typeorm';

import { GatePassedEntity } from './gate-passed.entity.js';
import { GateRevisionEntity } from './gate-revision.entity.js';

export class GateRepository {
  constructor(private readonly manager: EntityManager) {}

  /** Every revision, the one opened last first: that one is current. */
  revisions(requestId: string): Promise<GateRevisionEntity[]> {
    return this.manager.find(GateRevisionEntity, { where: { requestId }, order: { openedAt: 'DESC', revision: 'DESC' } });
  }

  async current(requestId: string, gate: SubjectKind): Promise<GateRevisionEntity | null> {
    return this.manager.findOne(GateRevisionEntity, {
      where: { requestId, gate },
      order: { openedAt: 'DESC', revision: 'DESC' },
    });
  }

  find(requestId: string, gate: SubjectKind, revision: number): Promise<GateRevisionEntity | null> {
    return this.manager.findOneBy(GateRevisionEntity, { requestId, gate, revision });
  }

  findByDigest(requestId: string, gate: SubjectKind, digest: string): Promise<GateRevisionEntity | null> {
    return this.manager.findOneBy(GateRevisionEntity, { requestId, gate, digest });
  }

  /** The documents with these digests, each once. */
  async texts(tenantId: string, digests: readonly string[]): Promise<string[]> {
    const found = await this.manager.find(GateRevisionEntity, { select: { digest: true, text: true }, where: { tenantId, digest: In([...digests]) } });
    return [...new Map(found.map(({ digest, text }) => [digest, text])).values()];
  }

  async nextRevision(requestId: string, gate: SubjectKind): Promise<number> {
    return ((await this.manager.maximum(GateRevisionEntity, 'revision', { requestId, gate })) ?? 0) + 1;
  }

  async save(row: GateRevisionEntity): Promise<void> {
    await this.manager.upsert(GateRevisionEntity, row, ['requestId', 'gate', 'revision']);
  }

  async close(row: GateRevisionEntity, state: GateRevisionEntity['state'], now: Date): Promise<void> {
    Object.assign(row, { state, closedAt: now });
    const { requestId, gate, revision } = row;
    await this.manager.update(GateRevisionEntity, { requestId, gate, revision }, { state, closedAt: now, required: row.required });
  }

  /** Whatever else of the gate is open gives way to a newer document. */
  async supersedeOpen(requestId: string, gate: SubjectKind, now: Date): Promise<void> {
    await this.manager.update(GateRevisionEntity, { requestId, gate, state: 'open' }, { state: 'superseded', closedAt: now });
  }

  async extendOpen(requestId: string, byMs: number): Promise<void> {
    await this.manager.query(
      `UPDATE gate_revision SET deadline = deadline + make_interval(secs => $2) WHERE request_id = $1 AND state = 'open'`,
      [requestId, byMs / 1000],
    );
  }

  async insertPassed(row: GatePassedEntity): Promise<void> {
    await this.manager.insert(GatePassedEntity, row);
  }

  livePassed(requestId: string): Promise<GatePassedEntity[]> {
    return this.manager.find(GatePassedEntity, { where: { requestId, live: true }, order: { at: 'ASC' } });
  }

  async voidPassed(requestId: string, gate: Gate): Promise<void> {
    await this.manager.update(GatePassedEntity, { requestId, gate, live: true }, { live: false });
  }
}
