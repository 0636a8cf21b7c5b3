import type { ArtifactRef, BudgetUsage, FactKind } from '@countersign/domain';
import { type EntityManager, In } from 'typeorm';

import { ArtifactEntity } from './artifact.entity.js';
import { FactEntity } from './fact.entity.js';
import { UsageEntryEntity } from './usage-entry.entity.js';

type Owner = { readonly id: string; readonly tenantId: string };

export class FactRepository {
  constructor(private readonly manager: EntityManager) {}

  byKey(requestId: string, key: string): Promise<FactEntity | null> {
    return this.manager.findOneBy(FactEntity, { requestId, key });
  }

  byId(requestId: string, id: string): Promise<FactEntity | null> {
    return this.manager.findOneBy(FactEntity, { requestId, id });
  }

  byIds(requestId: string, ids: readonly string[]): Promise<FactEntity[]> {
    return this.manager.findBy(FactEntity, { requestId, id: In([...ids]) });
  }

  /** Newest first. */
  all(requestId: string): Promise<FactEntity[]> {
    return this.manager.find(FactEntity, { where: { requestId }, order: { seq: 'DESC' } });
  }

  /** With `of`, the newest about that commit or tree. */
  latest(requestId: string, kind: FactKind, of?: string): Promise<FactEntity | null> {
    const query = this.manager.createQueryBuilder(FactEntity, 'fact').where({ requestId, kind }).orderBy('fact.seq', 'DESC');
    if (of !== undefined) query.andWhere(`(fact.data->>'commit' = :of OR fact.data->>'headCommit' = :of)`, { of });
    return query.getOne();
  }

  async insert(row: Omit<FactEntity, 'seq'>): Promise<void> {
    await this.manager.insert(FactEntity, row as object);
  }

  async addArtifacts(owner: Owner, artifacts: readonly ArtifactRef[], at: Date): Promise<void> {
    const rows = artifacts.map((artifact) => ({
      ...artifact,
      bytes: String(artifact.bytes),
      tenantId: owner.tenantId,
      requestId: owner.id,
      at,
    }));
    if (rows.length === 0) return;
    await this.manager.createQueryBuilder().insert().into(ArtifactEntity).values(rows).orIgnore().execute();
  }

  artifacts(tenantId: string, sha256: string): Promise<ArtifactEntity[]> {
    return this.manager.findBy(ArtifactEntity, { tenantId, sha256 });
  }

  /** Whether the use was new; the same key counts once. */
  async addUsage(owner: Owner, key: string, usage: BudgetUsage, at: Date): Promise<boolean> {
    const found = await this.manager.existsBy(UsageEntryEntity, { requestId: owner.id, key });
    if (!found) await this.manager.insert(UsageEntryEntity, { requestId: owner.id, tenantId: owner.tenantId, key, usage, at });
    return !found;
  }
}
