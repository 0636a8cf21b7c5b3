import { readLogEntry, VerifyFault } from '@countersign/verify';
import { type EntityManager, In } from 'typeorm';

import { AuditEntryEntity } from '../audit/audit-entry.entity.js';
import { AuditPayloadEntity } from '../audit/audit-payload.entity.js';
import { TEXT_ERASURES } from './text-erasures.js';

/** What such entries stand for names nobody, and a log that was recovered begins with one. */
const KEPT_TYPES: ReadonlySet<string> = new Set(['erasure', 'log-recovered']);

export type Subject = { readonly tenantId: string; readonly personId: string; readonly name: string };
export type Removed = { readonly payloads: number; readonly texts: number };

export class ErasureRepository {
  constructor(private readonly manager: EntityManager) {}

  /** Requests that have not ended and are the person's own, or on which a vote of theirs still counts. */
  async unfinished({ tenantId, personId }: Subject): Promise<string[]> {
    const rows = await this.manager.query<{ id: string }[]>(
      `SELECT r.id FROM request r
        WHERE r.tenant_id = $1 AND r.ended_at IS NULL
          AND (r.requester_id = $2 OR EXISTS (SELECT 1 FROM decision d WHERE d.request_id = r.id AND d.actor = $2 AND d.actor_kind = 'person' AND d.live))
        ORDER BY r.created_at, r.id`,
      [tenantId, personId],
    );
    return rows.map(({ id }) => id);
  }

  /** All of it in the caller's transaction; a second time it finds nothing. */
  async erase(subject: Subject): Promise<Removed> {
    const payloads = await this.erasePayloads(subject);
    let texts = 0;
    for (const { sql, values } of TEXT_ERASURES) {
      // TypeORM answers an UPDATE with its rows and how many there were.
      const [, changed] = await this.manager.query<[unknown, number]>(sql, [...values(subject)]);
      texts += changed;
    }
    return { payloads, texts };
  }

  private async erasePayloads({ tenantId, personId }: Subject): Promise<number> {
    const entries = await this.manager
      .createQueryBuilder(AuditEntryEntity, 'a')
      // In RFC 8785 bytes a quoted member cannot stand within another's text.
      .where(`a.tenant_id = :tenantId AND position(convert_to(:actor, 'UTF8') IN a.entry) > 0`, { tenantId, actor: `"actor":${JSON.stringify(personId)}` })
      .getMany();
    const { affected } = await this.manager.delete(AuditPayloadEntity, { tenantId, sha256: In(entries.flatMap(({ entry }) => payloadOf(entry))) });
    return affected ?? 0;
  }
}

/** None of an entry that stays as it is, or that somebody made unreadable. */
function payloadOf(entry: Buffer): readonly string[] {
  try {
    const { type, payload } = readLogEntry(entry);
    return KEPT_TYPES.has(type) ? [] : [payload];
  } catch (error) {
    if (error instanceof VerifyFault) return [];
    throw error;
  }
}
