import { type EntityManager, In } from 'typeorm';

import { type AuditEvent, encodeAuditEvent } from './audit-entry.js';
import { AuditEntryEntity, AuditPayloadEntity } from './audit.entity.js';

const TYPE_ERASURE = '"type":"erasure"';

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

  /** Entries that a person caused or that are about them; an erasure says nothing that would have to be erased. */
  async entriesOf(tenantId: string, personId: string): Promise<string[]> {
    const rows = await this.withText(tenantId, [`"actor":${JSON.stringify(personId)}`, `"subject":${JSON.stringify(`person/${personId}`)}`]);
    return rows.filter(({ entry }) => !entry.includes(TYPE_ERASURE)).map(({ id }) => id);
  }

  async refusals(tenantId: string): Promise<AuditPayloadEntity[]> {
    const rows = await this.withText(tenantId, ['"type":"refused"']);
    return this.payloads(tenantId, rows.map(({ id }) => id));
  }

  /** Removes what these entries stand for; they themselves stay. Answers how many were there. */
  async erase(tenantId: string, entryIds: readonly string[]): Promise<number> {
    const { affected } = await this.manager.delete(AuditPayloadEntity, { tenantId, entryId: In([...entryIds]) });
    return affected ?? 0;
  }

  /** In RFC 8785 bytes a quoted member cannot stand within another's text. */
  private withText(tenantId: string, texts: readonly string[]): Promise<{ readonly id: string; readonly entry: Buffer }[]> {
    return this.manager.query(
      `SELECT e.id, e.entry FROM audit_entry e
        WHERE e.tenant_id = $1 AND EXISTS (SELECT 1 FROM unnest($2::text[]) wanted WHERE position(convert_to(wanted, 'UTF8') IN e.entry) > 0)`,
      [tenantId, texts],
    );
  }

  payloads(tenantId: string, ids: readonly string[]): Promise<AuditPayloadEntity[]> {
    return this.manager.findBy(AuditPayloadEntity, { tenantId, entryId: In([...ids]) });
  }
}
