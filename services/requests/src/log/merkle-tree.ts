import { emptyRoot, nodeHash } from '@countersign/verify';

/** A complete subtree: the leaves from `index * 2^level` on, `2^level` of them. Level 0 is a leaf hash. */
export type Subtree = { readonly level: number; readonly index: number };
export type TreeNode = Subtree & { readonly hash: Buffer };
/** Leaves from `start` up to, not including, `end`. */
export type LeafRange = { readonly start: number; readonly end: number };

/** The complete subtrees that make up a range, in order. Few: at most two for each level. */
export function subtreesOf({ start, end }: LeafRange): Subtree[] {
  const found: Subtree[] = [];
  let at = start;
  while (at < end) {
    let [level, width] = [0, 1];
    while (width * 2 <= end - at && at % (width * 2) === 0) [level, width] = [level + 1, width * 2];
    found.push({ level, index: at / width });
    at += width;
  }
  return found;
}

/** The root over a range, from the hashes of `subtreesOf` it: RFC 9162 leans to the left. */
export function rangeRoot(hashes: readonly Buffer[]): Buffer {
  return hashes.length === 0 ? emptyRoot : hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** The largest power of two below a size of two or more. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** RFC 9162, 2.1.3.1: the ranges whose roots prove that a leaf is in the tree, in the proof's order. */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      ranges.unshift({ start: middle, end });
      end = middle;
    } else {
      ranges.unshift({ start, end: middle });
      start = middle;
    }
  }
  return ranges;
}

/** RFC 9162, 2.1.4.1: the ranges whose roots prove that the tree of size `to` starts with that of size `from`. */
export function consistencyRanges(from: number, to: number): LeafRange[] {
  if (from === 0 || from === to) return [];
  const ranges: LeafRange[] = [];
  let [start, end] = [0, to];
  while (from < end) {
    const middle = start + splitOf(end - start);
    if (from <= middle) {
      ranges.unshift({ start: middle, end });
      end = middle;
    } else {
      ranges.unshift({ start, end: middle });
      start = middle;
    }
  }
  // The earlier root itself needs no proof where the whole earlier tree is one side of it.
  return start === 0 ? ranges : [{ start, end }, ...ranges];
}

/** Appends leaf hashes and answers each complete subtree as it closes; holds one hash for each level. */
export class TreeBuilder {
  private readonly peaks: (Buffer | undefined)[] = [];
  private count: number;

  /** @param frontier the hashes of `subtreesOf({ start: 0, end: size })`. */
  constructor(size = 0, frontier: readonly Buffer[] = []) {
    this.count = size;
    subtreesOf({ start: 0, end: size }).forEach(({ level }, place) => (this.peaks[level] = frontier[place]));
  }

  get size(): number {
    return this.count;
  }

  push(leaf: Buffer): TreeNode[] {
    const closed: TreeNode[] = [];
    let [level, index, hash] = [0, this.count, leaf];
    for (let left = this.peaks[0]; left; left = this.peaks[level]) {
      this.peaks[level] = undefined;
      [level, index, hash] = [level + 1, Math.floor(index / 2), nodeHash(left, hash)];
      closed.push({ level, index, hash });
    }
    this.peaks[level] = hash;
    this.count += 1;
    return closed;
  }

  root(): Buffer {
    return rangeRoot(this.peaks.filter((peak) => peak !== undefined).reverse());
  }
}

/** How many complete subtrees of level 1 and above a tree has. */
export function nodesOf(size: number): number {
  return size - subtreesOf({ start: 0, end: size }).length;
}
