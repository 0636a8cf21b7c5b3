import { type Checkpoint, isIncluded, leafHash } from '@countersign/verify';

import type { AuditSourceRepository, SourceRow } from './audit-source.repository.js';
import { readNote } from './checkpoint-note.js';
import type { Examination } from './examine-log.js';
import type { LogKeys } from './log-keys.port.js';
import type { ComparedLeaf, LogRepository } from './log.repository.js';
import { inclusionRanges, rangeRoot, type Subtree, subtreesOf, TreeBuilder } from './merkle-tree.js';

/** An entry of the closed log that is void from now on, or whose audit entry can no longer be trusted. */
export type LostEntry = {
  readonly index: number;
  readonly why: string;
  readonly entry?: string;
  readonly type?: string;
  readonly request?: string;
  readonly payload?: string;
};

export type Surviving = { readonly intact: readonly SourceRow[]; readonly lost: readonly LostEntry[] };

type Candidate = { readonly index: number; readonly leaf: ComparedLeaf | undefined; readonly row: SourceRow | undefined };

const keyOf = ({ level, index }: Subtree): string => `${level}/${index}`;

/**
 * Which entries after the last good checkpoint are what was signed. Proven: under some checkpoint of ours the tree of the
 * services' own rows has its root, or the row has its path. Where no checkpoint covers one, its leaf hash decides.
 *
 * @param unentered rows that no log ever had, in the order of arrival: what was cut off the end is among them.
 */
export async function survivingEntries(
  { log, audit, keys, kept, unentered }: {
    readonly log: LogRepository;
    readonly audit: AuditSourceRepository;
    readonly keys: LogKeys;
    readonly kept: Checkpoint | undefined;
    readonly unentered: readonly SourceRow[];
  },
  { head, good, swapped, findings }: Examination,
): Promise<Surviving> {
  const { tenantId, n, origin, leaves } = head;
  const from = good?.size ?? 0;
  const stored = await log.checkpointsWithin(tenantId, n, from, Number.MAX_SAFE_INTEGER);
  const signed = [...stored.map(({ note }) => readNote(note, origin, keys.list)), kept]
    .filter((one) => one !== undefined && one.origin === origin && one.size > from)
    .sort((a, b) => (a?.size ?? 0) - (b?.size ?? 0)) as Checkpoint[];
  const end = Math.max(leaves, signed.at(-1)?.size ?? 0);
  const after = new Map((await log.leavesWithSources(tenantId, n, from, end - from, [])).map((leaf) => [leaf.index, leaf]));
  const rows = await audit.byIds(tenantId, [...after.values()].map(({ source, sourceId }) => ({ source, id: sourceId })));
  const cutOff = unentered[Symbol.iterator]();
  const candidates = Array.from({ length: end - from }, (_, place): Candidate => {
    const leaf = after.get(from + place);
    return { index: from + place, leaf, row: leaf ? rows.get(`${leaf.source}/${leaf.sourceId}`) : (cutOff.next().value as SourceRow | undefined) };
  });
  putBack(candidates, swapped);
  const frontier = subtreesOf({ start: 0, end: from });
  const hashes = await log.hashes(tenantId, n, frontier);
  const start = new TreeBuilder(from, frontier.flatMap((subtree) => hashes.get(keyOf(subtree)) ?? []));
  const upTo = provenTogether(candidates, signed, start);
  const isProven = await provenAlone(log, head, candidates.filter(({ index }) => index >= upTo), signed);
  const holds = (one: Candidate): boolean => one.row !== undefined && (one.index < upTo || isProven(one));
  const intact = candidates.flatMap((one) => (one.leaf && one.row && holds(one) ? [one.row] : []));
  const lost = candidates.filter((one) => !holds(one)).map(({ index, leaf, row }) => lostEntry(index, leaf, leaf && !row ? 'its audit entry is gone' : 'not what was signed'));
  const early = new Map(findings.flatMap(({ index, code, text }) => (index !== null && index < from && code.startsWith('source-') ? [[index, text] as const] : [])));
  const damaged = early.size === 0 ? [] : await earlyLeaves(log, head, [...early.keys()]);
  return { intact, lost: [...damaged.map((leaf) => lostEntry(leaf.index, leaf, early.get(leaf.index) ?? '')), ...lost] };
}

/** Rows of the log that changed places took their audit entries with them. */
function putBack(candidates: Candidate[], swapped: Examination['swapped']): void {
  for (const pair of swapped) {
    const [a, b] = pair.map((index) => candidates.findIndex((one) => one.index === index)) as [number, number];
    const [first, second] = [candidates[a], candidates[b]];
    const isWhole = [first, second].every((one) => one?.row && one.leaf?.leafHash.equals(leafHash(one.row.entry)));
    if (first && second && isWhole) [candidates[a], candidates[b]] = [{ ...first, row: second.row }, { ...second, row: first.row }];
  }
}

/** The largest signed size at which all rows together have the signed root. */
function provenTogether(candidates: readonly Candidate[], signed: readonly Checkpoint[], builder: TreeBuilder): number {
  const roots = new Map(signed.map(({ size, root }) => [size, root]));
  let upTo = builder.size;
  for (const { row } of candidates) {
    if (!row) break;
    builder.push(leafHash(row.entry));
    if (roots.get(builder.size)?.equals(builder.root())) upTo = builder.size;
  }
  return upTo;
}

async function provenAlone(
  log: LogRepository,
  { tenantId, n }: Examination['head'],
  candidates: readonly Candidate[],
  signed: readonly Checkpoint[],
): Promise<(one: Candidate) => boolean> {
  const covering = ({ index }: Candidate): Checkpoint[] => {
    const all = signed.filter(({ size }) => size > index);
    return [all[0], all.at(-1)].filter((one) => one !== undefined);
  };
  const wanted = new Map<string, Subtree>();
  for (const one of candidates) {
    for (const { size } of covering(one)) for (const subtree of inclusionRanges(one.index, size).flatMap(subtreesOf)) wanted.set(keyOf(subtree), subtree);
  }
  const stored = await log.storedHashes(tenantId, n, [...wanted.values()]);
  const own = new Map(candidates.flatMap(({ index, row }): [string, Buffer][] => (row ? [[`0/${index}`, leafHash(row.entry)]] : [])));
  const views = [(key: string) => own.get(key) ?? stored.get(key), (key: string) => stored.get(key)];
  return (one) => {
    const leaf = own.get(`0/${one.index}`);
    const checkpoints = covering(one);
    if (!leaf) return false;
    if (checkpoints.length === 0) return one.leaf?.leafHash.equals(leaf) === true;
    return checkpoints.some(({ size, root }) =>
      views.some((view) => {
        const proof = inclusionRanges(one.index, size).map((range) => rangeRoot(subtreesOf(range).map((subtree) => view(keyOf(subtree)) ?? Buffer.alloc(0))));
        return isIncluded({ index: one.index, size, leaf, proof, root });
      }),
    );
  };
}

async function earlyLeaves(log: LogRepository, { tenantId, n }: Examination['head'], indexes: readonly number[]): Promise<ComparedLeaf[]> {
  const found: ComparedLeaf[] = [];
  for (const index of indexes) found.push(...(await log.leavesWithSources(tenantId, n, index, 1, [])));
  return found;
}

function lostEntry(index: number, leaf: ComparedLeaf | undefined, why: string): LostEntry {
  if (!leaf) return { index, why: 'missing' };
  const { source, sourceId, type, requestId, payload } = leaf;
  return { index, why, entry: `${source}/${sourceId}`, type, payload, ...(requestId !== null && { request: requestId }) };
}
