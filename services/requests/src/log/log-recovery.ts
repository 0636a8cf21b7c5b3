import { AppError } from '@countersign/domain';
import type pg from 'pg';

import { appendEntries } from './append-entries.js';
import { AuditSourceRepository, type SourceRow } from './audit-source.repository.js';
import { examineLog } from './examine-log.js';
import { type IntegratorDeps, keptNote, originOf } from './integrator.js';
import type { KeptNotes } from './kept-notes.js';
import { LogRepository } from './log.repository.js';
import { TreeBuilder } from './merkle-tree.js';
import { type LostEntry, survivingEntries } from './surviving-entries.js';
import { within } from './transaction.js';

/** What the first entry of the next log says in its payload. */
export type RecoveryAccount = {
  /** The origin of the log that is closed. */
  readonly closed: string;
  /** Its last checkpoint that holds, byte for byte; null where none does. */
  readonly checkpoint: string | null;
  /** What was found wrong. */
  readonly found: readonly string[];
  readonly lost: readonly LostEntry[];
};

export type Recovered = { readonly origin: string; readonly size: number; readonly note: string; readonly account: RecoveryAccount };

export type RecoveryDeps = IntegratorDeps & {
  readonly pool: pg.Pool;
  readonly sources: readonly string[];
  readonly notes: KeptNotes;
  /** Stores an audit entry of type `log-recovered` in requests with the account in its payload; committed when it returns. */
  readonly enterRecovery: (tenantId: string, by: string, account: RecoveryAccount) => Promise<void>;
};

const MOST_UNENTERED = 1_000_000;
const MOST_LISTS = 20;

/** Closes a broken log and opens the next one on what still holds. */
export class LogRecovery {
  constructor(private readonly deps: RecoveryDeps) {}

  /** @throws AppError REPAIR_NOT_NEEDED where nothing is known to be wrong with the tenant's log. */
  async recover(tenantId: string, by: string): Promise<Recovered> {
    const { pool, keys, notes } = this.deps;
    await keys.refresh();
    const client = await pool.connect();
    try {
      const recovered = await within(client, () => this.reopen(client, tenantId, by));
      notes.add(recovered);
      return recovered;
    } finally {
      client.release();
    }
  }

  private async reopen(client: pg.PoolClient, tenantId: string, by: string): Promise<Recovered> {
    const { origin, keys, beforeTree, enterRecovery, clock } = this.deps;
    const log = new LogRepository(client);
    const sources = await AuditSourceRepository.available(client, this.deps.sources);
    const audit = new AuditSourceRepository(client, sources);
    await log.lock(tenantId);
    const head = await log.head(tenantId);
    if (!head?.incident) throw new AppError('REPAIR_NOT_NEEDED', 'Nothing is known to be wrong with this log: there is nothing to recover');
    const kept = await keptNote(this.deps, head.origin);
    const examination = await examineLog(client, tenantId, sources, { keys: keys.list, kept });
    if (!examination) throw new AppError('NOT_FOUND', 'This tenant has no log');
    const taken = await audit.reach(tenantId);
    const unentered = await audit.skipped(tenantId, taken, MOST_UNENTERED);
    const { intact, lost } = await survivingEntries({ log, audit, keys, kept, unentered }, examination);
    const priorNote = examination.good?.note ?? null;
    const found = [head.incident.text, ...examination.findings.map(({ text }) => text)];
    const account = { closed: head.origin, checkpoint: priorNote, found: [...new Set(found)], lost };
    await beforeTree(tenantId);
    await enterRecovery(tenantId, by, account);
    const first = await this.firstEntries(audit, tenantId, lost);
    const n = head.n + 1;
    const tree = { tenantId, n, origin: originOf(origin, tenantId, n), openedAt: clock(), priorNote };
    await log.openTree(tree);
    const rows = unique([...first, ...intact, ...unentered]);
    const checkpoint = await appendEntries(log, { ...tree, builder: new TreeBuilder(), taken }, rows, this.deps);
    return { origin: tree.origin, size: checkpoint.size, note: checkpoint.note, account };
  }

  /** The account, then the newest key list whose audit entry is not one of those lost. */
  private async firstEntries(audit: AuditSourceRepository, tenantId: string, lost: readonly LostEntry[]): Promise<SourceRow[]> {
    const [account] = await audit.newestOfType(tenantId, 'requests', 'log-recovered', 1);
    if (!account) throw new AppError('INTERNAL', 'The account of the recovery is not among the audit entries');
    const damaged = new Set(lost.map(({ entry }) => entry));
    const lists = await audit.newestOfType(tenantId, 'requests', 'keys', MOST_LISTS);
    return [account, ...lists.filter(({ source, id }) => !damaged.has(`${source}/${id}`)).slice(0, 1)];
  }
}

function unique(rows: readonly SourceRow[]): SourceRow[] {
  return [...new Map(rows.map((row) => [`${row.source}/${row.id}`, row])).values()];
}
