import { type EntityManager, In } from 'typeorm';

import { AuditEntryEntity } from './audit-entry.entity.js';
import { AuditPayloadEntity } from './audit-payload.entity.js';

export class AuditRepository {
  constructor(private readonly manager: EntityManager) {}

  async insert(entry: Omit<AuditEntryEntity, 'id'>, payload: AuditPayloadEntity): Promise<void> {
    await this.manager.insert(AuditPayloadEntity, payload);
    await this.manager.insert(AuditEntryEntity, entry);
  }

  /** Oldest first, after the entry of this id. */
  page(tenantId: string, requestId: string, limit: number, after: string): Promise<AuditEntryEntity[]> {
    return this.manager
      .createQueryBuilder(AuditEntryEntity, 'a')
      .where('a.tenant_id = :tenantId AND a.request_id = :requestId AND a.id > :after', { tenantId, requestId, after })
      .orderBy('a.id')
      .limit(limit)
      .getMany();
  }

  count(tenantId: string, requestId: string): Promise<number> {
    return this.manager.countBy(AuditEntryEntity, { tenantId, requestId });
  }

  payloads(tenantId: string, hashes: readonly string[]): Promise<AuditPayloadEntity[]> {
    return this.manager.findBy(AuditPayloadEntity, { tenantId, sha256: In([...hashes]) });
  }

  async tenants(): Promise<readonly string[]> {
    const rows = await this.manager.createQueryBuilder(AuditEntryEntity, 'a').select('DISTINCT a.tenant_id', 'tenant').getRawMany<{ tenant: string }>();
    return rows.map(({ tenant }) => tenant);
  }
}
