import { AppError } from '@countersign/domain';
import { isIncluded, leafHash, readLogEntry, VerifyFault } from '@countersign/verify';

import type { ProvenPlace } from '../signing/open-vote.js';
import type { Db } from './audit-source.repository.js';
import { readNote } from './checkpoint-note.js';
import { type FoundLeaf, LeafRepository, type LeafFilter } from './leaf.repository.js';
import type { LogKeys } from './log-keys.port.js';
import type { LogPort } from './log.port.js';
import { LogRepository, type StoredCheckpoint, type Tree } from './log.repository.js';
import { consistencyRanges, inclusionRanges, type Subtree } from './merkle-tree.js';

export type LogCheckpoint = Omit<StoredCheckpoint, 'taken'> & { readonly origin: string };
export type LogStatus = {
  readonly origin: string;
  readonly n: number;
  readonly size: number;
  /** When the last checkpoint was signed. */
  readonly at: Date | null;
  readonly broken: { readonly index: number | null; readonly code: string; readonly text: string; readonly at: Date } | null;
};

/** What a tenant's transparency log holds and proves. Reads only. */
export class LogReader implements LogPort {
  private readonly log: LogRepository;
  private readonly found: LeafRepository;

  constructor(
    db: Db,
    private readonly keys: Pick<LogKeys, 'list'>,
  ) {
    this.log = new LogRepository(db);
    this.found = new LeafRepository(db);
  }

  /** The one that is appended to; null before the tenant's first entry. */
  async treeOf(tenantId: string): Promise<Tree | null> {
    return (await this.log.trees(tenantId)).at(-1) ?? null;
  }

  async status(tenantId: string): Promise<LogStatus | null> {
    const tree = await this.treeOf(tenantId);
    if (!tree) return null;
    const [checkpoint, broken] = [await this.log.checkpoint(tenantId, tree.n), await this.log.incident(tenantId, tree.n)];
    return { origin: tree.origin, n: tree.n, size: checkpoint?.size ?? 0, at: checkpoint?.at ?? null, broken };
  }

  async faultOf(tenantId: string): Promise<string | null> {
    return (await this.status(tenantId))?.broken?.text ?? null;
  }

  /**
   * Where entries lie, by their payload's hash: only those that a checkpoint of ours proves, in the current log or in the
   * part of an earlier one that held when it was closed.
   */
  async placesOf(tenantId: string, payloads: readonly string[]): Promise<ReadonlyMap<string, ProvenPlace>> {
    const places = new Map<string, ProvenPlace>();
    const leaves = await this.found.byPayload(tenantId, payloads);
    for (const [n, ofTree] of Map.groupBy(leaves, (leaf) => leaf.n)) {
      for (const { payload, origin, index, entry } of await this.proven(tenantId, n, ofTree)) places.set(payload, { origin, index, entry });
    }
    return places;
  }

  /** The newest one, of the current log where no `n` is given; null where it covers fewer than `atLeast`. */
  async checkpoint(tenantId: string, n?: number, atLeast = 0): Promise<LogCheckpoint | null> {
    const tree = await this.tree(tenantId, n);
    const found = tree && (await this.log.checkpoint(tenantId, tree.n));
    return found && found.size >= atLeast ? { ...found, origin: tree.origin } : null;
  }

  async checkpointAt(tenantId: string, n: number, size: number): Promise<LogCheckpoint | null> {
    const tree = await this.tree(tenantId, n);
    const found = tree && (await this.log.checkpointAt(tenantId, n, size));
    return found ? { ...found, origin: tree.origin } : null;
  }

  /** RFC 9162 proof that leaf `index` is in the log at `size`. @throws LogFault where a node is gone. */
  inclusion(tenantId: string, n: number, index: number, size: number): Promise<Buffer[]> {
    if (index >= size) throw new AppError('INVALID_INPUT', `A log of ${size} entries has no entry ${index}`, { field: 'index' });
    return this.log.rangeRoots(tenantId, n, inclusionRanges(index, size));
  }

  /** RFC 9162 proof that the log at `to` starts with the log at `from`. @throws LogFault where a node is gone. */
  consistency(tenantId: string, n: number, from: number, to: number): Promise<Buffer[]> {
    if (from > to) throw new AppError('INVALID_INPUT', `A log of ${to} entries does not start with one of ${from}`, { field: 'from' });
    return this.log.rangeRoots(tenantId, n, consistencyRanges(from, to));
  }

  /** Stored subtrees by `level/index`, for many proofs at once. @throws LogFault where one is gone. */
  hashes(tenantId: string, n: number, wanted: readonly Subtree[]): Promise<ReadonlyMap<string, Buffer>> {
    return this.log.hashes(tenantId, n, wanted);
  }

  /** In the order of the log; earlier logs first, of which only the part that held. */
  leaves(tenantId: string, filter: LeafFilter): Promise<FoundLeaf[]> {
    return this.found.matching(tenantId, filter);
  }

  private async tree(tenantId: string, n?: number): Promise<Tree | null> {
    const trees = await this.log.trees(tenantId);
    return (n === undefined ? trees.at(-1) : trees.find((tree) => tree.n === n)) ?? null;
  }

  private async proven(tenantId: string, n: number, leaves: readonly FoundLeaf[]): Promise<FoundLeaf[]> {
    const note = (await this.log.checkpoint(tenantId, n))?.note;
    const origin = leaves[0]?.origin ?? '';
    // The last checkpoint of a closed log may be the very one that did not hold.
    const prior = (await this.log.trees(tenantId)).find((tree) => tree.n === n + 1);
    const judge = prior ? prior.priorNote : note;
    const checkpoint = judge ? readNote(judge, origin, this.keys.list) : undefined;
    if (!checkpoint) return [];
    const { size, root } = checkpoint;
    const inside = leaves.filter(({ index, entry, payload }) => index < size && payloadOf(entry) === payload);
    const ranges = inside.map(({ index }) => inclusionRanges(index, size));
    const roots = await this.log.rangeRoots(tenantId, n, ranges.flat());
    let at = 0;
    return inside.filter(({ index, entry }, place) => {
      const proof = roots.slice(at, (at += ranges[place]?.length ?? 0));
      return isIncluded({ index, size, leaf: leafHash(entry), proof, root });
    });
  }
}

function payloadOf(entry: Buffer): string | undefined {
  try {
    return readLogEntry(entry).payload;
  } catch (error) {
    if (error instanceof VerifyFault) return undefined;
    throw error;
  }
}
