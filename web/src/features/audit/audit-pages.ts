import type { AuditHeadQuery, AuditPageQuery } from '../../graphql/generated/graphql';
import type { Answer } from '../gateway/answer';

export type AuditConnection = AuditPageQuery['audit'];
export type AuditEntry = AuditConnection['edges'][number]['node'];
/** What a gate stands at now: decisions on less are outdated. */
export type GateRevision = AuditHeadQuery['request']['gates'][number];
export type AuditWish = { readonly after: string | undefined; readonly onlyDecisions: boolean };
/** `next`: where to go on; undefined where nothing follows. */
export type AuditPage = { readonly entries: readonly AuditEntry[]; readonly next: string | undefined; readonly total: number };

/** What somebody decided, or tried to decide. */
const DECIDING_TYPES: ReadonlySet<string> = new Set(['decision', 'decision-refused', 'vote-dropped', 'vote-refused', 'gate-passed', 'budget-raised']);
const PAGE_ENTRIES = 50;
/** A trail with few decisions among many entries is not read to its end for one page. */
const MAX_PAGES_READ = 10;

/** Entries of a trail from a place on, oldest first. The gateway knows no filter, so pages are read until enough remain. */
export async function auditPage(read: (after: string | undefined) => Promise<Answer<AuditConnection>>, { after, onlyDecisions }: AuditWish): Promise<Answer<AuditPage>> {
  const entries: AuditEntry[] = [];
  let at = after;
  let total = 0;
  for (let pages = 0; pages < MAX_PAGES_READ; pages += 1) {
    const answer = await read(at);
    if (!answer.ok) return answer;
    const { edges, pageInfo, totalCount } = answer.data;
    total = totalCount;
    for (const [index, { cursor, node }] of edges.entries()) {
      at = cursor;
      if (!onlyDecisions || DECIDING_TYPES.has(node.type)) entries.push(node);
      const hasMore = pageInfo.hasNextPage || index + 1 < edges.length;
      if (entries.length === PAGE_ENTRIES) return { ok: true, data: { entries, next: hasMore ? at : undefined, total } };
    }
    if (!pageInfo.hasNextPage || edges.length === 0) return { ok: true, data: { entries, next: undefined, total } };
  }
  return { ok: true, data: { entries, next: at, total } };
}
