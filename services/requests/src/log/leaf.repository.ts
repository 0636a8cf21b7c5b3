import type { Db } from './audit-source.repository.js';

export type FoundLeaf = {
  readonly n: number;
  readonly origin: string;
  readonly index: number;
  readonly type: string;
  readonly requestId: string | null;
  readonly payload: string;
  readonly source: string;
  readonly sourceId: string;
  readonly entry: Buffer;
};

/** Everything that is given has to fit; times and indexes are from `from` up to, not including, `to`. */
export type LeafFilter = {
  readonly n?: number;
  readonly requestId?: string;
  readonly payloads?: readonly string[];
  readonly types?: readonly string[];
  readonly fromIndex?: number;
  readonly toIndex?: number;
  readonly fromTime?: Date;
  readonly toTime?: Date;
};

const COLUMNS = `l.n, t.origin, l."index"::float8 AS "index", l.type, l.request_id AS "requestId", l.payload, l.source, l.source_id::text AS "sourceId", l.entry`;
// Of a closed log only what its last good checkpoint covers: the rest was entered again in the next one, or is void.
const STANDING = `FROM leaf l JOIN tree t ON t.tenant_id = l.tenant_id AND t.n = l.n
  LEFT JOIN tree later ON later.tenant_id = l.tenant_id AND later.n = l.n + 1
  WHERE l.tenant_id = $1 AND (later.n IS NULL OR l."index" < coalesce(split_part(later.prior_note, E'\\n', 2)::bigint, 0))`;

/** Finds leaves; the entry's bytes are what counts. */
export class LeafRepository {
  constructor(private readonly db: Db) {}

  async byPayload(tenantId: string, payloads: readonly string[]): Promise<FoundLeaf[]> {
    if (payloads.length === 0) return [];
    const { rows } = await this.db.query<FoundLeaf>(`SELECT ${COLUMNS} ${STANDING} AND l.payload = ANY($2::text[]) ORDER BY l.n, l."index"`, [tenantId, payloads]);
    return rows;
  }

  async matching(tenantId: string, { n, requestId, payloads, types, fromIndex, toIndex, fromTime, toTime }: LeafFilter): Promise<FoundLeaf[]> {
    const conditions: string[] = [];
    const values: unknown[] = [tenantId];
    const where = (value: unknown, condition: (parameter: string) => string): void => {
      if (value !== undefined) conditions.push(condition(`$${values.push(value)}`));
    };
    where(n, (p) => `l.n = ${p}`);
    where(requestId, (p) => `l.request_id = ${p}`);
    where(payloads, (p) => `l.payload = ANY(${p}::text[])`);
    where(types, (p) => `l.type = ANY(${p}::text[])`);
    where(fromIndex, (p) => `l."index" >= ${p}`);
    where(toIndex, (p) => `l."index" < ${p}`);
    where(fromTime, (p) => `l.at >= ${p}`);
    where(toTime, (p) => `l.at < ${p}`);
    const { rows } = await this.db.query<FoundLeaf>(
      `SELECT ${COLUMNS} ${STANDING}${conditions.map((condition) => ` AND ${condition}`).join('')} ORDER BY l.n, l."index"`,
      values,
    );
    return rows;
  }
}
