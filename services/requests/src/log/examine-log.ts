import { type Checkpoint, type KeyList, leafHash, nodeHash } from '@countersign/verify';

import { AuditSourceRepository, type Db } from './audit-source.repository.js';
import { readNote } from './checkpoint-note.js';
import { keptText } from './integrator.js';
import { FAULT_CODES, type Finding, type LogFaultCode } from './log-fault.js';
import { type ComparedLeaf, type Head, LogRepository, type StoredCheckpoint } from './log.repository.js';
import { nodesOf, type Subtree, TreeBuilder, type TreeNode } from './merkle-tree.js';

export type Examination = {
  readonly head: Head;
  /** The last checkpoint of ours up to which entries, hashes and nodes all are what they were; null where there is none. */
  readonly good: StoredCheckpoint | null;
  /** Pairs of leaves that changed places. */
  readonly swapped: readonly (readonly [number, number])[];
  /** The most telling first; empty where everything is what was signed. */
  readonly findings: readonly Finding[];
};

type Against = {
  readonly keys: KeyList;
  /** The newest checkpoint kept outside the database, read before the transaction began: after it there may be newer ones. */
  readonly kept: Checkpoint | undefined;
};

export type ExamineLog = (db: Db, tenantId: string, sources: readonly string[], against: Against) => Promise<Examination | undefined>;

const PAGE = 4_096;
const MOST_FINDINGS = 50;
const MOST_SUSPECTS = 16;

/**
 * Recomputes a tenant's current log from its stored entries and compares: leaf hashes, nodes, every checkpoint, what was
 * kept outside the database, and the services' own rows. To be called inside a transaction that sees one moment.
 */
export async function examineLog(db: Db, tenantId: string, sources: readonly string[], against: Against): Promise<Examination | undefined> {
  const log = new LogRepository(db);
  const head = await log.head(tenantId);
  if (!head) return undefined;
  const examiner = new Examiner(log, new AuditSourceRepository(db, sources), head, sources, against);
  return examiner.examine();
}

class Examiner {
  private readonly builder = new TreeBuilder();
  private readonly findings: Finding[] = [];
  private readonly suspects = new Set<string>();
  private readonly differing: ComparedLeaf[] = [];
  private readonly swapped: [number, number][] = [];
  /** Sizes of checkpoints whose root the entries have. */
  private readonly verified: number[] = [];
  private good: StoredCheckpoint | null = null;
  /** What comes from this index on cannot be proven from what is stored. */
  private damagedFrom = Number.MAX_SAFE_INTEGER;
  /** The first size at which a checkpoint of ours has another root than the entries. */
  private badSize: number | undefined;
  private isGapless = true;

  constructor(
    private readonly log: LogRepository,
    private readonly audit: AuditSourceRepository,
    private readonly head: Head,
    private readonly sources: readonly string[],
    private readonly against: Against,
  ) {}

  async examine(): Promise<Examination> {
    const { tenantId, n } = this.head;
    let from = 0;
    for (;;) {
      const page = await this.log.leavesWithSources(tenantId, n, from, PAGE, this.sources);
      if (page.length === 0) break;
      await this.examinePage(page);
      from = (page.at(-1)?.index ?? from) + 1;
    }
    await this.examineEnd();
    const size = this.verified.findLast((one) => one <= this.damagedFrom);
    this.good = size === undefined ? null : await this.log.checkpointAt(tenantId, n, size);
    await this.nameSuspects();
    await this.nameSources();
    const rank = ({ code }: Finding): number => FAULT_CODES.indexOf(code);
    const findings = this.findings.sort((a, b) => rank(a) - rank(b) || (a.index ?? 0) - (b.index ?? 0)).slice(0, MOST_FINDINGS);
    return { head: this.head, good: this.good, swapped: this.swapped, findings };
  }

  private found(code: LogFaultCode, index: number | null, text: string): void {
    if (this.findings.some((one) => one.code === code && one.index === index)) return;
    this.findings.push({ code, index, text });
  }

  private async examinePage(page: readonly ComparedLeaf[]): Promise<void> {
    const { tenantId, n } = this.head;
    const last = page.at(-1)?.index ?? 0;
    const checkpoints = new Map((await this.log.checkpointsWithin(tenantId, n, this.builder.size, last + 1)).map((one) => [one.size, one]));
    const closed: TreeNode[] = [];
    for (const leaf of page) {
      const hash = leafHash(leaf.entry);
      if (!hash.equals(leaf.leafHash)) {
        this.damagedFrom = Math.min(this.damagedFrom, leaf.index);
        this.found('hash-edited', leaf.index, `Entry ${leaf.index} and its stored leaf hash do not belong together`);
      }
      if (leaf.agrees !== true) this.differing.push(leaf);
      if (!this.isGapless) continue;
      if (leaf.index !== this.builder.size) {
        this.isGapless = false;
        this.found('entry-missing', this.builder.size, gapText(this.builder.size, leaf.index - 1, this.head.origin));
        continue;
      }
      closed.push(...this.builder.push(hash));
      const checkpoint = checkpoints.get(this.builder.size);
      this.compareKept(checkpoint);
      if (checkpoint) this.examineCheckpoint(checkpoint);
    }
    const stored = await this.log.storedHashes(tenantId, n, closed);
    for (const { level, index, hash } of closed) {
      if (stored.get(`${level}/${index}`)?.equals(hash)) continue;
      this.suspects.add(`${level}/${index}`);
      // Trees too small to have this node do without it.
      this.damagedFrom = Math.min(this.damagedFrom, (index + 1) * 2 ** level - 1);
    }
  }

  /** What was kept is as much ours as what is stored. */
  private compareKept(stored: StoredCheckpoint | undefined): void {
    const { kept, keys } = this.against;
    const { origin } = this.head;
    if (kept?.origin !== origin || kept.size !== this.builder.size || this.builder.root().equals(kept.root)) return;
    this.badSize ??= kept.size;
    const said = stored && readNote(stored.note, origin, keys);
    if (said && !said.root.equals(kept.root)) this.found('rewritten', null, `${origin} has two signed roots at size ${kept.size}: the log was written anew`);
  }

  private examineCheckpoint(checkpoint: StoredCheckpoint): void {
    const { size, root, note } = checkpoint;
    const said = readNote(note, this.head.origin, this.against.keys);
    if (!said || said.size !== size || !said.root.equals(root)) {
      this.found('checkpoint-edited', size - 1, `The checkpoint of size ${size} of ${this.head.origin} is not one that was signed`);
    } else if (!this.builder.root().equals(root)) {
      this.badSize ??= size;
    } else if (this.badSize === undefined) {
      this.verified.push(size);
    }
  }

  private async examineEnd(): Promise<void> {
    const { tenantId, n, origin, leaves, checkpoint } = this.head;
    const beyond = await this.log.checkpointsWithin(tenantId, n, leaves, Number.MAX_SAFE_INTEGER);
    const last = beyond.at(-1);
    if (last) this.found('truncated', leaves, gapText(leaves, last.size - 1, origin));
    if (leaves > (checkpoint?.size ?? 0)) this.found('checkpoint-missing', checkpoint?.size ?? 0, `The entries from ${checkpoint?.size ?? 0} on have no checkpoint in ${origin}`);
    const kept = this.against.kept?.origin === origin ? this.against.kept : undefined;
    if (kept && kept.size > (checkpoint?.size ?? 0)) this.found('truncated', checkpoint?.size ?? 0, keptText(origin, kept.size, checkpoint?.size ?? 0));
    if (!checkpoint) return;
    for (const { source, id } of await this.audit.skipped(tenantId, checkpoint.taken, MOST_FINDINGS)) {
      this.found('entry-skipped', null, `${source}.audit_entry ${id} is older than the last entry that was integrated and is in no log`);
    }
    if (this.isGapless && (await this.log.nodeCount(tenantId, n)) > nodesOf(this.builder.size)) {
      this.found('node-edited', this.builder.size, `The tree of ${origin} has more nodes than its ${this.builder.size} entries make`);
    }
  }

  /** A node differs because somebody changed it or what is below it; which, the signed root says. */
  private async nameSuspects(): Promise<void> {
    const sure = this.verified.at(-1) ?? 0;
    const lowest = [...this.suspects].map(subtreeOf).filter(({ level, index }) => ![0, 1].some((side) => this.suspects.has(`${level - 1}/${index * 2 + side}`)));
    const isEntry = ({ level, index }: Subtree): boolean => this.badSize !== undefined && index * 2 ** level < this.badSize && (index + 1) * 2 ** level > sure;
    for (const { level, index } of lowest.filter((one) => !isEntry(one))) {
      this.found('node-edited', index * 2 ** level, `The node ${level}/${index} of the tree of ${this.head.origin} is not the hash of what is below it`);
    }
    if (this.badSize === undefined) return;
    const pairs = lowest.filter((one) => one.level === 1 && isEntry(one)).map(({ index }) => index);
    await this.nameSwapped(pairs.slice(0, MOST_SUSPECTS));
    const named = this.findings.some(({ index, code }) => index !== null && /^(entry|entries|hash)-/.test(code) && index >= sure);
    if (named) return;
    for (const index of pairs) this.found('entry-edited', index * 2, `Entry ${index * 2} or ${index * 2 + 1} of ${this.head.origin} is not what was signed`);
    if (pairs.length > 0) return;
    const [first, last] = [sure, this.badSize - 1];
    this.found('root-mismatch', first, `${first === last ? `Entry ${first}` : `One of the entries ${first} to ${last}`} of ${this.head.origin} is not what was signed`);
  }

  /** Two whole rows that changed places: each is what the stored node has in the other's place. */
  private async nameSwapped(pairs: readonly number[]): Promise<void> {
    const { tenantId, n, origin } = this.head;
    const wanted = pairs.flatMap((index) => [{ level: 1, index }, { level: 0, index: index * 2 }, { level: 0, index: index * 2 + 1 }]);
    const hashes = await this.log.storedHashes(tenantId, n, wanted);
    const leafAt = (index: number): Buffer => hashes.get(`0/${index}`) ?? Buffer.alloc(0);
    const leaves = pairs.flatMap((index) => [index * 2, index * 2 + 1]);
    for (const pair of pairs) {
      const signed = hashes.get(`1/${pair}`);
      if (!signed) continue;
      const [left, right] = [pair * 2, pair * 2 + 1];
      // The stored hashes are right: what differs is an entry's bytes.
      if (nodeHash(leafAt(left), leafAt(right)).equals(signed)) continue;
      const isPair = nodeHash(leafAt(right), leafAt(left)).equals(signed);
      const other = isPair ? right : leaves.find((one) => nodeHash(leafAt(one), leafAt(right)).equals(signed) || nodeHash(leafAt(left), leafAt(one)).equals(signed));
      if (other === undefined) continue;
      const mine = isPair || nodeHash(leafAt(other), leafAt(right)).equals(signed) ? left : right;
      const [first, second] = [Math.min(mine, other), Math.max(mine, other)];
      if (!this.swapped.some(([one]) => one === first)) this.swapped.push([first, second]);
      this.found('entries-swapped', first, `The entries ${first} and ${second} of ${origin} have changed places`);
    }
  }

  private async nameSources(): Promise<void> {
    const rows = await this.audit.byIds(this.head.tenantId, this.differing.map(({ source, sourceId }) => ({ source, id: sourceId })));
    const byHash = new Map(this.differing.map((leaf) => [leaf.leafHash.toString('hex'), leaf]));
    for (const { index, source, sourceId } of this.differing.slice(0, MOST_FINDINGS)) {
      const row = rows.get(`${source}/${sourceId}`);
      const place = `${source}.audit_entry ${sourceId}`;
      const other = row && byHash.get(leafHash(row.entry).toString('hex'));
      if (!row) this.found('source-deleted', index, `Entry ${index}: ${place} is gone`);
      else if (index >= (this.good?.size ?? 0) && this.badSize !== undefined) this.found('entry-edited', index, `Entry ${index} of ${this.head.origin} and ${place} differ, and the log is not what was signed`);
      else if (other) this.found('source-swapped', index, `Entry ${index}: ${place} holds what belongs to ${other.source}.audit_entry ${other.sourceId}`);
      else this.found('source-edited', index, `Entry ${index}: ${place} was edited`);
    }
  }
}

function gapText(first: number, last: number, origin: string): string {
  return first === last ? `Entry ${first} of ${origin} is missing` : `The entries ${first} to ${last} of ${origin} are missing`;
}

function subtreeOf(key: string): Subtree {
  const [level = 0, index = 0] = key.split('/').map(Number);
  return { level, index };
}
