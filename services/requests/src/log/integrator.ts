import { AppError } from '@countersign/domain';

import { appendEntries } from './append-entries.js';
import { AuditSourceRepository, type Db, type SourceRow, type Taken } from './audit-source.repository.js';
import type { CheckpointKeeper } from './checkpoint-keeper.port.js';
import { readNote } from './checkpoint-note.js';
import { logFault } from './log-fault.js';
import type { LogKeys } from './log-keys.port.js';
import { type Head, LogRepository, type StoredCheckpoint } from './log.repository.js';
import { subtreesOf, TreeBuilder } from './merkle-tree.js';
import { within } from './transaction.js';

export type IntegratorDeps = {
  /** COUNTERSIGN_ORIGIN. */
  readonly origin: string;
  readonly keys: LogKeys;
  /** Enters the current key list as an entry of type `keys`, where it is none yet: a log starts with it. */
  readonly beforeTree: (tenantId: string) => Promise<void>;
  readonly keeper: CheckpointKeeper;
  readonly clock: () => Date;
};

export const MAX_BATCH = 1_000;
const KEYS = { source: 'requests', type: 'keys' } as const;

export const originOf = (origin: string, tenantId: string, n: number): string => `${origin}/log/${tenantId}/${n}`;

export type Batch = { readonly entries: number; readonly origin: string; readonly checkpoint: StoredCheckpoint };

/** Appends what arrived to a tenant's log, on the one connection that holds the sequencer's lock. */
export class Integrator {
  private readonly log: LogRepository;
  private readonly audit: AuditSourceRepository;
  /** What this process signed last, or found signed and kept when it began: the tables must say the same. */
  private readonly signed = new Map<string, { readonly n: number; readonly size: number; readonly root: Buffer }>();

  constructor(
    private readonly db: Db,
    private readonly deps: IntegratorDeps,
    readonly sources: readonly string[],
  ) {
    this.log = new LogRepository(db);
    this.audit = new AuditSourceRepository(db, sources);
  }

  waiting(): Promise<string[]> {
    return this.audit.waiting();
  }

  /**
   * One batch, whole or not at all; undefined where nothing waits or the log is broken.
   *
   * @throws LogFault where what is stored is not what was signed.
   */
  async batch(tenantId: string): Promise<Batch | undefined> {
    const { beforeTree, keys } = this.deps;
    await keys.refresh();
    if ((await this.log.trees(tenantId)).length === 0) await beforeTree(tenantId);
    const batch = await within(this.db, () => this.append(tenantId));
    if (batch) this.signed.set(tenantId, batch.checkpoint);
    return batch;
  }

  private async append(tenantId: string): Promise<Batch | undefined> {
    await this.log.lock(tenantId);
    const head = await this.log.head(tenantId);
    if (head?.incident) return undefined;
    const builder = head ? await this.checkedTree(head) : new TreeBuilder();
    const before = head?.checkpoint?.taken ?? {};
    const arrived = await this.audit.next(tenantId, before, MAX_BATCH);
    const first = head ? [] : [await this.keyList(tenantId)];
    const rows = [...first, ...arrived.filter((row) => !first.some(({ id, source }) => id === row.id && source === row.source))];
    if (rows.length === 0) return undefined;
    const tree = head ?? { tenantId, n: 1, origin: originOf(this.deps.origin, tenantId, 1), openedAt: this.deps.clock(), priorNote: null };
    if (!head) await this.log.openTree(tree);
    const taken = lastOf(arrived, before);
    const checkpoint = await appendEntries(this.log, { tenantId, n: tree.n, origin: tree.origin, builder, taken }, rows, this.deps);
    return { entries: rows.length, origin: tree.origin, checkpoint };
  }

  private async keyList(tenantId: string): Promise<SourceRow> {
    const [found] = await this.audit.newestOfType(tenantId, KEYS.source, KEYS.type, 1);
    if (!found) throw new AppError('LOG_PENDING', `The key list is not among the audit entries of ${tenantId} yet: no log starts without it`);
    return found;
  }

  /** The stored tree, which has the root that was signed last, by us. */
  private async checkedTree(head: Head): Promise<TreeBuilder> {
    const { tenantId, n, origin, leaves, checkpoint } = head;
    if (!checkpoint) throw logFault('checkpoint-missing', 0, `The log ${origin} has entries and no checkpoint`);
    const { size, root, note } = checkpoint;
    const said = readNote(note, origin, this.deps.keys.list);
    if (!said || said.size !== size || !said.root.equals(root)) {
      throw logFault('checkpoint-edited', size - 1, `The checkpoint of size ${size} of ${origin} is not one that was signed`);
    }
    if (leaves > size) throw logFault('checkpoint-missing', size, `The entries from ${size} on have no checkpoint in ${origin}`);
    if (leaves < size) throw logFault('truncated', leaves, `The entries from ${leaves} to ${size - 1} are missing at the end of ${origin}`);
    await this.requireSigned(head, checkpoint);
    const frontier = subtreesOf({ start: 0, end: size });
    const hashes = await this.log.hashes(tenantId, n, frontier);
    const builder = new TreeBuilder(size, frontier.flatMap(({ level, index }) => hashes.get(`${level}/${index}`) ?? []));
    if (!builder.root().equals(root)) throw logFault('root-mismatch', null, `The tree of ${origin} does not have the root that was signed at size ${size}`);
    return builder;
  }

  private async requireSigned({ tenantId, n, origin }: Head, { size, root }: StoredCheckpoint): Promise<void> {
    const known = this.signed.get(tenantId);
    if (known?.n === n) {
      if (size < known.size) throw logFault('truncated', size, `${origin} had ${known.size} entries and now has ${size}`);
      if (size > known.size || !known.root.equals(root)) throw logFault('rewritten', null, `${origin} is another log than the one that this process signed`);
      return;
    }
    const kept = await keptNote(this.deps, origin);
    if (kept) {
      if (kept.size > size) throw logFault('truncated', size, keptText(origin, kept.size, size));
      const same = await this.log.rangeRoots(tenantId, n, [{ start: 0, end: kept.size }]);
      if (!same[0]?.equals(kept.root)) throw logFault('rewritten', null, `${origin} does not start with the log of size ${kept.size} whose checkpoint was kept`);
    }
    this.signed.set(tenantId, { n, size, root });
  }
}

/** The newest checkpoint kept outside the database; undefined where there is none or it is none of ours. */
export async function keptNote({ keeper, keys }: Pick<IntegratorDeps, 'keeper' | 'keys'>, origin: string) {
  const kept = await keeper.newest(origin);
  return kept ? readNote(kept.note, origin, keys.list) : undefined;
}

export const keptText = (origin: string, kept: number, size: number): string => `${origin} has ${size} entries; a checkpoint over ${kept} was kept`;

function lastOf(rows: readonly SourceRow[], before: Taken): Taken {
  return { ...before, ...Object.fromEntries(rows.map(({ source, xid, id }) => [source, { xid, id }])) };
}
