import { type EntityManager, In } from 'typeorm';

import { type AuditEvent, encodeAuditEvent } from './audit-entry.js';
import { AuditEntryEntity, AuditPayloadEntity } from './audit.entity.js';

export class AuditRepository {
  constructor(private readonly manager: EntityManager) {}

  /** In the caller's transaction: nothing is changed without its entry. */
  async append(event: AuditEvent): Promise<void> {
    const { entry, payload } = encodeAuditEvent(event);
    const { tenantId } = event;
    const stored = await this.manager.insert(AuditEntryEntity, { tenantId, entry });
    const entryId = String(stored.identifiers[0]?.['id']);
    await this.manager.insert(AuditPayloadEntity, { entryId, tenantId, payload });
  }

  payloads(tenantId: string, ids: readonly string[]): Promise<AuditPayloadEntity[]> {
    return this.manager.findBy(AuditPayloadEntity, { tenantId, entryId: In([...ids]) });
  }
}
