import type { requestsRpc, RpcOutput } from '@countersign/contracts';
import type { Caller } from '@countersign/platform';

import type { RecordsStore } from '../database/records-store.repository.js';
import { type AccessService, requirePermission } from '../people/access.service.js';
import type { ProjectsPort } from '../people/projects.port.js';
import { decodeNumber } from '../request/cursor.js';

type Page = RpcOutput<typeof requestsRpc, 'requests.audit'>;
type Entry = { readonly type: string; readonly at: string; readonly actor?: string; readonly payload: string };

const ERASED = '(erased)';

/** The audit trail of one request: each entry's exact bytes, and what they say. */
export class AuditService {
  constructor(
    private readonly store: RecordsStore,
    private readonly access: AccessService,
    private readonly projects: ProjectsPort,
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
    const read = rows.map((entry) => ({ ...entry, text: entry.entry.toString('utf8') }));
    const entries = read.map(({ text }) => JSON.parse(text) as Entry);
    const [payloads, people] = await Promise.all([
      audit.payloads(row.tenantId, entries.map(({ payload }) => payload)),
      this.projects.people(row.tenantId, [...new Set(entries.flatMap(({ actor }) => actor ?? []))]),
    ]);
    const texts = new Map(payloads.map(({ sha256, payload }) => [sha256, (JSON.parse(payload.toString('utf8')) as { text: string }).text]));
    const names = new Map(people.map(({ personId, name }) => [personId, name]));
    const items = entries.map(({ type, at, actor, payload }, index) => ({
      seq: Number(read[index]?.id),
      at,
      type,
      actor: actor === undefined ? null : (names.get(actor) ?? actor),
      text: texts.get(payload) ?? ERASED,
      entry: read[index]?.text ?? '',
    }));
    return { items, next: found.length > rows.length ? (rows.at(-1)?.id ?? null) : null, total };
  }
}
