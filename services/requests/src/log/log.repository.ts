import pg from 'pg';

import type { Db, Taken } from './audit-source.repository.js';
import { type Finding, logFault } from './log-fault.js';
import { type LeafRange, rangeRoot, type Subtree, subtreesOf, type TreeNode } from './merkle-tree.js';

export type Tree = { readonly tenantId: string; readonly n: number; readonly origin: string; readonly openedAt: Date; readonly priorNote: string | null };
export type Incident = { readonly at: Date; readonly index: number | null; readonly code: string; readonly text: string };
export type StoredCheckpoint = { readonly n: number; readonly size: number; readonly root: Buffer; readonly note: string; readonly taken: Taken; readonly at: Date };
export type Head = Tree & {
  /** One more than the last leaf's index. */
  readonly leaves: number;
  readonly checkpoint: StoredCheckpoint | null;
  /** The first thing that was found wrong. */
  readonly incident: Incident | null;
};
export type NewLeaf = {
  readonly index: number;
  readonly source: string;
  readonly sourceId: string;
  readonly type: string;
  readonly requestId: string | null;
  readonly payload: string;
  readonly at: string | null;
  readonly entry: Buffer;
  readonly leafHash: Buffer;
};

export type ComparedLeaf = Omit<NewLeaf, 'at'> & { readonly agrees: boolean | null };

const ROWS_AT_ONCE = 1_000;
const CHECKPOINT = 'n, size::float8 AS size, root, note, taken, at';
/** One hash for each process of all that read or write the log. */
const TENANT_LOCK = `hashtextextended('countersign:log:' || $1, 0)`;

function* chunks<T>(rows: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) yield rows.slice(at, at + ROWS_AT_ONCE);
}

/** The tables of the schema `log` on one connection. */
export class LogRepository {
  constructor(private readonly db: Db) {}

  /** Until the end of the transaction nobody else appends to this tenant's log. */
  async lock(tenantId: string): Promise<void> {
    await this.db.query(`SELECT pg_advisory_xact_lock(${TENANT_LOCK})`, [tenantId]);
  }

  async trees(tenantId: string): Promise<Tree[]> {
    const { rows } = await this.db.query<Tree>(
      `SELECT tenant_id AS "tenantId", n, origin, opened_at AS "openedAt", prior_note AS "priorNote" FROM tree WHERE tenant_id = $1 ORDER BY n`,
      [tenantId],
    );
    return rows;
  }

  async tenants(): Promise<string[]> {
    const { rows } = await this.db.query<{ id: string }>('SELECT DISTINCT tenant_id AS id FROM tree ORDER BY 1');
    return rows.map(({ id }) => id);
  }

  /** The tenant's current tree. */
  async head(tenantId: string): Promise<Head | null> {
    const tree = (await this.trees(tenantId)).at(-1);
    if (!tree) return null;
    const { rows } = await this.db.query<{ leaves: number }>('SELECT coalesce(max("index") + 1, 0)::float8 AS leaves FROM leaf WHERE tenant_id = $1 AND n = $2', [
      tenantId,
      tree.n,
    ]);
    const [checkpoint, incident] = [await this.checkpoint(tenantId, tree.n), await this.incident(tenantId, tree.n)];
    return { ...tree, leaves: rows[0]?.leaves ?? 0, checkpoint, incident };
  }

  async incident(tenantId: string, n: number): Promise<Incident | null> {
    const { rows } = await this.db.query<Incident>(
      `SELECT at, "index"::float8 AS "index", code, text FROM incident WHERE tenant_id = $1 AND n = $2 ORDER BY id LIMIT 1`,
      [tenantId, n],
    );
    return rows[0] ?? null;
  }

  async checkpoint(tenantId: string, n: number): Promise<StoredCheckpoint | null> {
    const { rows } = await this.db.query<StoredCheckpoint>(
      `SELECT ${CHECKPOINT} FROM checkpoint WHERE tenant_id = $1 AND n = $2 ORDER BY size DESC LIMIT 1`,
      [tenantId, n],
    );
    return rows[0] ?? null;
  }

  async checkpointAt(tenantId: string, n: number, size: number): Promise<StoredCheckpoint | null> {
    return (await this.checkpointsWithin(tenantId, n, size - 1, size))[0] ?? null;
  }

  /** Sizes above `after`, up to and with `upTo`, smallest first. */
  async checkpointsWithin(tenantId: string, n: number, after: number, upTo: number): Promise<StoredCheckpoint[]> {
    const { rows } = await this.db.query<StoredCheckpoint>(
      `SELECT ${CHECKPOINT} FROM checkpoint WHERE tenant_id = $1 AND n = $2 AND size > $3 AND size <= $4 ORDER BY size`,
      [tenantId, n, after, upTo],
    );
    return rows;
  }

  /** @throws LogFault where one is not there. */
  async hashes(tenantId: string, n: number, wanted: readonly Subtree[]): Promise<Map<string, Buffer>> {
    const found = await this.storedHashes(tenantId, n, wanted);
    for (const { level, index } of wanted) {
      if (found.has(`${level}/${index}`)) continue;
      throw level === 0 ? logFault('entry-missing', index, `Entry ${index} is not in the log`) : logFault('node-edited', index * 2 ** level, `The node ${level}/${index} of the tree is missing`);
    }
    return found;
  }

  async storedHashes(tenantId: string, n: number, wanted: readonly Subtree[]): Promise<Map<string, Buffer>> {
    const leaves = wanted.flatMap(({ level, index }) => (level === 0 ? [index] : []));
    const nodes = wanted.filter(({ level }) => level > 0);
    const { rows } = await this.db.query<{ level: number; index: number; hash: Buffer }>(
      `SELECT 0 AS level, "index"::float8 AS "index", leaf_hash AS hash FROM leaf WHERE tenant_id = $1 AND n = $2 AND "index" = ANY($3::bigint[])
       UNION ALL
       SELECT o.level, o."index"::float8, o.hash FROM unnest($4::int[], $5::bigint[]) AS w(level, "index")
         JOIN node o ON o.tenant_id = $1 AND o.n = $2 AND o.level = w.level AND o."index" = w."index"`,
      [tenantId, n, leaves, nodes.map(({ level }) => level), nodes.map(({ index }) => index)],
    );
    return new Map(rows.map(({ level, index, hash }) => [`${level}/${index}`, hash]));
  }

  async rangeRoots(tenantId: string, n: number, ranges: readonly LeafRange[]): Promise<Buffer[]> {
    const parts = ranges.map(subtreesOf);
    const found = await this.hashes(tenantId, n, parts.flat());
    return parts.map((subtrees) => rangeRoot(subtrees.flatMap(({ level, index }) => found.get(`${level}/${index}`) ?? [])));
  }

  /**
   * The next leaves, each with whether its audit entry still holds the same bytes: null where that is gone, and where the
   * table cannot be read it is taken to agree.
   */
  async leavesWithSources(tenantId: string, n: number, from: number, limit: number, sources: readonly string[]): Promise<ComparedLeaf[]> {
    const joins = sources.map((source, place) => {
      const table = `${pg.escapeIdentifier(source)}.audit_entry`;
      return `LEFT JOIN ${table} s${place} ON l.source = ${pg.escapeLiteral(source)} AND s${place}.id = l.source_id AND s${place}.tenant_id = l.tenant_id`;
    });
    const entries = ['NULL::bytea', ...sources.map((_source, place) => `s${place}.entry`)].join(', ');
    const { rows } = await this.db.query<ComparedLeaf>(
      `SELECT l."index"::float8 AS "index", l.source, l.source_id::text AS "sourceId", l.type, l.request_id AS "requestId", l.payload, l.entry,
              l.leaf_hash AS "leafHash", CASE WHEN l.source = ANY($5::text[]) THEN coalesce(${entries}) = l.entry ELSE true END AS agrees
         FROM leaf l ${joins.join(' ')}
        WHERE l.tenant_id = $1 AND l.n = $2 AND l."index" >= $3 ORDER BY l."index" LIMIT $4`,
      [tenantId, n, from, limit, sources],
    );
    return rows;
  }

  async nodeCount(tenantId: string, n: number): Promise<number> {
    const { rows } = await this.db.query<{ count: number }>('SELECT count(*)::float8 AS count FROM node WHERE tenant_id = $1 AND n = $2', [tenantId, n]);
    return rows[0]?.count ?? 0;
  }

  async openTree({ tenantId, n, origin, openedAt, priorNote }: Tree): Promise<void> {
    await this.db.query('INSERT INTO tree (tenant_id, n, origin, opened_at, prior_note) VALUES ($1, $2, $3, $4, $5)', [tenantId, n, origin, openedAt, priorNote]);
  }

  async insertLeaves(tenantId: string, n: number, all: readonly NewLeaf[]): Promise<void> {
    for (const leaves of chunks(all)) {
      await this.db.query(
        `INSERT INTO leaf (tenant_id, n, "index", source, source_id, type, request_id, payload, at, entry, leaf_hash)
         SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::bytea[], $11::bytea[])`,
        [
          tenantId,
          n,
          leaves.map(({ index }) => index),
          leaves.map(({ source }) => source),
          leaves.map(({ sourceId }) => sourceId),
          leaves.map(({ type }) => type),
          leaves.map(({ requestId }) => requestId),
          leaves.map(({ payload }) => payload),
          leaves.map(({ at }) => at),
          leaves.map(({ entry }) => entry),
          leaves.map(({ leafHash }) => leafHash),
        ],
      );
    }
  }

  async insertNodes(tenantId: string, n: number, all: readonly TreeNode[]): Promise<void> {
    for (const nodes of chunks(all)) {
      await this.db.query('INSERT INTO node (tenant_id, n, level, "index", hash) SELECT $1, $2, * FROM unnest($3::int[], $4::bigint[], $5::bytea[])', [
        tenantId,
        n,
        nodes.map(({ level }) => level),
        nodes.map(({ index }) => index),
        nodes.map(({ hash }) => hash),
      ]);
    }
  }

  async insertCheckpoint(tenantId: string, { n, size, root, note, taken, at }: StoredCheckpoint): Promise<void> {
    await this.db.query('INSERT INTO checkpoint (tenant_id, n, size, root, note, taken, at) VALUES ($1, $2, $3, $4, $5, $6, $7)', [
      tenantId,
      n,
      size,
      root,
      note,
      JSON.stringify(taken),
      at,
    ]);
  }

  /** What is known of this tree already is not written twice. */
  async insertIncident(tenantId: string, n: number, { code, index, text }: Finding, at: Date): Promise<void> {
    await this.db.query(
      `INSERT INTO incident (tenant_id, n, at, "index", code, text) SELECT $1, $2, $3, $4::bigint, $5, $6
        WHERE NOT EXISTS (SELECT 1 FROM incident WHERE tenant_id = $1 AND n = $2 AND code = $5 AND "index" IS NOT DISTINCT FROM $4::bigint)`,
      [tenantId, n, at, index, code, text],
    );
  }
}
