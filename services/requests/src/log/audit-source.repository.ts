import pg from 'pg';

export type Db = Pick<pg.ClientBase, 'query'>;

/** An `audit_entry` table; the name of its service is the name of its schema. */
export const AUDIT_SOURCES = ['requests', 'projects'] as const;

export type SourceRow = { readonly source: string; readonly id: string; readonly xid: string; readonly entry: Buffer };
/** How far each source was integrated: the last row taken in order. */
export type Taken = Readonly<Record<string, { readonly xid: string; readonly id: string }>>;

const START = { xid: '0', id: '0' };
// The oldest transaction that still runs: nothing below it can appear any more.
const XMIN = 'txid_snapshot_xmin(txid_current_snapshot())';
// A subquery that Postgres looks up row by row: as a join it is planned for tables that were small a moment ago.
const NOT_ENTERED = '(SELECT l.n FROM leaf l WHERE l.tenant_id = a.tenant_id AND l.source = a.source AND l.source_id = a.id LIMIT 1) IS NULL';

const tableOf = (source: string): string => `${pg.escapeIdentifier(source)}.audit_entry`;
const rowsOf = (source: string): string => `(SELECT ${pg.escapeLiteral(source)}::text AS source, e.* FROM ${tableOf(source)} e)`;
const COLUMNS = 'a.source, a.id::text AS id, a.xid::text AS xid, a.entry';

/** The services' audit entries, read only. */
export class AuditSourceRepository {
  constructor(
    private readonly db: Db,
    private readonly sources: readonly string[],
  ) {}

  /** Those of the given tables that are there, migrated and may be read: a service may come later. */
  static async available(db: Db, sources: readonly string[]): Promise<string[]> {
    const { rows } = await db.query<{ source: string }>(
      // By oid: asked by name, Postgres fails for a schema that is not there, whatever else the condition says.
      `SELECT n.nspname::text AS source FROM pg_namespace n
         JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'audit_entry'
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'xid'
        WHERE n.nspname = ANY($1::text[]) AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
        ORDER BY array_position($1::text[], n.nspname::text)`,
      [sources],
    );
    return rows.map(({ source }) => source);
  }

  /** Tenants with entries that can be integrated now, those whose log is broken left out. */
  async waiting(): Promise<string[]> {
    const found = new Set<string>();
    for (const source of this.sources) {
      const { rows } = await this.db.query<{ id: string }>(
        `WITH RECURSIVE tenant(id) AS (
           SELECT min(tenant_id) FROM ${tableOf(source)}
           UNION ALL
           SELECT (SELECT min(e.tenant_id) FROM ${tableOf(source)} e WHERE e.tenant_id > tenant.id) FROM tenant WHERE tenant.id IS NOT NULL)
         SELECT tenant.id FROM tenant
           LEFT JOIN LATERAL (SELECT t.n FROM tree t WHERE t.tenant_id = tenant.id ORDER BY t.n DESC LIMIT 1) now ON true
           LEFT JOIN LATERAL (SELECT c.taken -> $1::text AS taken FROM checkpoint c
                               WHERE c.tenant_id = tenant.id AND c.n = now.n ORDER BY c.size DESC LIMIT 1) last ON true
          WHERE tenant.id IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM incident i WHERE i.tenant_id = tenant.id AND i.n = now.n)
            AND EXISTS (SELECT 1 FROM ${rowsOf(source)} a
                         WHERE a.tenant_id = tenant.id AND a.xid < ${XMIN} AND ${NOT_ENTERED}
                           AND (a.xid, a.id) > (coalesce((last.taken ->> 'xid')::bigint, 0), coalesce((last.taken ->> 'id')::bigint, 0)))`,
        [source],
      );
      rows.forEach(({ id }) => found.add(id));
    }
    return [...found].sort();
  }

  /** The next entries in the order of arrival, over all sources. */
  async next(tenantId: string, taken: Taken, limit: number): Promise<SourceRow[]> {
    return this.union(
      (source, at) => `WHERE a.tenant_id = $1 AND (a.xid, a.id) > (${at.xid}, ${at.id}) AND a.xid < ${XMIN} AND ${NOT_ENTERED} ORDER BY a.xid, a.id LIMIT ${limit}`,
      tenantId,
      taken,
      limit,
    );
  }

  /** Whether a committed entry waits behind what was taken, ripe or not. */
  async isBehind(tenantId: string, taken: Taken): Promise<boolean> {
    const rows = await this.union((_, at) => `WHERE a.tenant_id = $1 AND (a.xid, a.id) > (${at.xid}, ${at.id}) AND ${NOT_ENTERED} LIMIT 1`, tenantId, taken, 1);
    return rows.length > 0;
  }

  /** Entries at or before what was taken that no tree ever had. */
  async skipped(tenantId: string, taken: Taken, limit: number): Promise<SourceRow[]> {
    return this.union(
      (source, at) => `WHERE a.tenant_id = $1 AND (a.xid, a.id) <= (${at.xid}, ${at.id}) AND ${NOT_ENTERED} ORDER BY a.xid, a.id LIMIT ${limit}`,
      tenantId,
      taken,
      limit,
    );
  }

  /** How far the sources reach now: everything up to there is committed or never will be. */
  async reach(tenantId: string): Promise<Taken> {
    const reached: Record<string, { xid: string; id: string }> = {};
    for (const source of this.sources) {
      const { rows } = await this.db.query<{ xid: string; id: string }>(
        `SELECT a.xid::text AS xid, a.id::text AS id FROM ${tableOf(source)} a WHERE a.tenant_id = $1 AND a.xid < ${XMIN} ORDER BY a.xid DESC, a.id DESC LIMIT 1`,
        [tenantId],
      );
      if (rows[0]) reached[source] = rows[0];
    }
    return reached;
  }

  /** Newest first, committed or not yet ripe for `next`, from the table of one service. */
  async newestOfType(tenantId: string, source: string, type: string, limit: number): Promise<SourceRow[]> {
    const { rows } = await this.db.query<SourceRow>(
      `SELECT ${COLUMNS} FROM ${rowsOf(source)} a
        WHERE a.tenant_id = $1 AND position(convert_to($2, 'UTF8') IN a.entry) > 0 ORDER BY a.xid DESC, a.id DESC LIMIT $3`,
      [tenantId, `"type":${JSON.stringify(type)}`, limit],
    );
    return rows;
  }

  async byIds(tenantId: string, wanted: readonly { readonly source: string; readonly id: string }[]): Promise<Map<string, SourceRow>> {
    const found = new Map<string, SourceRow>();
    for (const source of this.sources) {
      const ids = wanted.flatMap((one) => (one.source === source ? [one.id] : []));
      if (ids.length === 0) continue;
      const { rows } = await this.db.query<SourceRow>(`SELECT ${COLUMNS} FROM ${rowsOf(source)} a WHERE a.tenant_id = $1 AND a.id = ANY($2::bigint[])`, [tenantId, ids]);
      for (const row of rows) found.set(`${source}/${row.id}`, row);
    }
    return found;
  }

  private async union(of: (source: string, at: { xid: string; id: string }) => string, tenantId: string, taken: Taken, limit: number): Promise<SourceRow[]> {
    if (this.sources.length === 0) return [];
    const parts = this.sources.map((source, place) => {
      const at = { xid: `$${2 * place + 2}::bigint`, id: `$${2 * place + 3}::bigint` };
      return `(SELECT ${COLUMNS}, a.xid AS by_xid, a.id AS by_id FROM ${rowsOf(source)} a ${of(source, at)})`;
    });
    const values = this.sources.flatMap((source) => [taken[source]?.xid ?? START.xid, taken[source]?.id ?? START.id]);
    const { rows } = await this.db.query<SourceRow>(
      `SELECT source, id, xid, entry FROM (${parts.join(' UNION ALL ')}) a ORDER BY by_xid, source, by_id LIMIT ${limit}`,
      [tenantId, ...values],
    );
    return rows;
  }
}
