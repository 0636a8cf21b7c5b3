import { emptyRoot, leafHash, nodeHash } from '../merkle.js';

/** The largest power of two below `size`. */
function split(size: number): number {
  let k = 1;
  while (k * 2 < size) k *= 2;
  return k;
}

/** RFC 9162, 2.1.1, word for word: slow, and easy to see that it is right. */
export function treeRoot(entries: readonly Uint8Array[]): Buffer {
  const [first] = entries;
  if (!first) return emptyRoot;
  if (entries.length === 1) return leafHash(first);
  const k = split(entries.length);
  return nodeHash(treeRoot(entries.slice(0, k)), treeRoot(entries.slice(k)));
}

/** RFC 9162, 2.1.3.1. */
export function inclusionProof(index: number, entries: readonly Uint8Array[]): readonly Buffer[] {
  if (entries.length <= 1) return [];
  const k = split(entries.length);
  const [left, right] = [entries.slice(0, k), entries.slice(k)];
  return index < k ? [...inclusionProof(index, left), treeRoot(right)] : [...inclusionProof(index - k, right), treeRoot(left)];
}

/** RFC 9162, 2.1.4.1: from the first `from` entries, 0 < from <= all. */
export function consistencyProof(from: number, entries: readonly Uint8Array[], isWhole = true): readonly Buffer[] {
  if (from === entries.length) return isWhole ? [] : [treeRoot(entries)];
  const k = split(entries.length);
  const [left, right] = [entries.slice(0, k), entries.slice(k)];
  return from <= k
    ? [...consistencyProof(from, left, isWhole), treeRoot(right)]
    : [...consistencyProof(from - k, right, false), treeRoot(left)];
}
