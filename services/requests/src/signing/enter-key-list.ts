import { sha256Hex } from '@countersign/domain/digest';

import { auditDocument } from '../audit/journal.js';
import type { Records } from '../database/records-store.repository.js';

/** A list of keys as an entry of a tenant's log; a second call finds it there. */
export async function enterKeyList(records: Records, tenantId: string, envelope: string, at: string): Promise<void> {
  const [known] = await records.audit.payloads(tenantId, [sha256Hex(envelope)]);
  if (!known) await auditDocument(records, { tenantId, id: null }, { type: 'keys', actor: null, document: envelope }, new Date(at));
}
