import type { requestsRpc, RpcOutput } from '@countersign/contracts';
import { sha256Hex } from '@countersign/domain/digest';
import type { Caller } from '@countersign/platform';
import { readLogEntry, VerifyFault } from '@countersign/verify';

import type { RecordsStore } from '../database/records-store.repository.js';
import type { LogPort } from '../log/log.port.js';
import { type AccessService, requirePermission } from '../people/access.service.js';
import type { ProjectsPort } from '../people/projects.port.js';
import { decodeNumber } from '../request/cursor.js';
import type { KeyRing } from '../signing/key-ring.js';
import type { LogPlace } from '../signing/open-vote.js';
import { ERASED } from './erased.js';
import { readDocument } from './signed-document.js';

type Page = RpcOutput<typeof requestsRpc, 'requests.audit'>;
type Entry = { readonly type: string; readonly at: string; readonly actor?: string; readonly payload: string };

const CHANGED = '(what is stored is not what was recorded: somebody changed it)';
const UNREADABLE: Entry = { type: 'unreadable', at: new Date(0).toISOString(), payload: '' };

/** The audit trail of one request: each entry's exact bytes, and what they say. */
export class AuditService {
  constructor(
    private readonly store: RecordsStore,
    private readonly access: AccessService,
    private readonly projects: ProjectsPort,
    private readonly signed: { readonly keys: Pick<KeyRing, 'list' | 'root' | 'refresh'>; readonly log: LogPort },
  ) {}

  async page(caller: Caller, input: { readonly id: string; readonly limit: number; readonly after?: string | undefined }): Promise<Page> {
    const { viewer } = await this.access.visitor(caller);
    const row = await this.access.readable(viewer, input.id);
    requirePermission(viewer, 'audit:read', row.projectId);
    const after = input.after === undefined ? '0' : decodeNumber(input.after);
    const { audit } = this.store.read;
    const [found, total] = await Promise.all([
      audit.page(row.tenantId, row.id, input.limit + 1, after),
      audit.count(row.tenantId, row.id),
    ]);
    const rows = found.slice(0, input.limit);
    const entries = rows.map(({ entry }) => entryOf(entry));
    const hashes = entries.map(({ payload }) => payload);
    const [payloads, people, places] = await Promise.all([
      audit.payloads(row.tenantId, hashes),
      this.projects.people(row.tenantId, [...new Set(entries.flatMap(({ actor }) => actor ?? []))]),
      this.signed.log.placesOf(row.tenantId, hashes),
      this.signed.keys.refresh(),
    ]);
    const texts = new Map(payloads.map(({ sha256, payload }) => [sha256, payload]));
    const names = new Map(people.map(({ personId, name }) => [personId, name]));
    const items = rows.map(({ id, entry }, index) => {
      const { type, at, actor, payload } = entries[index] ?? UNREADABLE;
      const found = places.get(payload);
      // What is shown here is in the log only where the log proves these very bytes.
      const place = found?.entry.equals(entry) ? { origin: found.origin, index: found.index } : null;
      const who = actor === undefined ? null : (names.get(actor) ?? actor);
      return { seq: Number(id), at, type, actor: who, entry: entry.toString('utf8'), place, ...this.said(payload, texts.get(payload), place) };
    });
    return { items, next: found.length > rows.length ? (rows.at(-1)?.id ?? null) : null, total };
  }

  private said(sha256: string, stored: Buffer | undefined, place: LogPlace | null) {
    const nothing = { document: null, signature: null, erased: false };
    if (stored === undefined) return { ...nothing, text: ERASED, erased: true };
    if (sha256Hex(stored) !== sha256) return { ...nothing, text: CHANGED };
    const payload = stored.toString('utf8');
    const document = readDocument(payload, this.signed.keys, place ?? undefined);
    if (document) return { ...document, document: payload, erased: false };
    return { ...nothing, text: (JSON.parse(payload) as { text: string }).text };
  }
}

/** Whatever somebody made of the stored bytes, the page shows the rest. */
function entryOf(entry: Buffer): Entry {
  try {
    return readLogEntry(entry);
  } catch (error) {
    if (error instanceof VerifyFault) return UNREADABLE;
    throw error;
  }
}
