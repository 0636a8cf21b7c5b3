import { sha256 } from './strict.js';

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

export type Inclusion = {
  readonly index: number;
  readonly size: number;
  readonly leaf: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
};

export type Consistency = {
  readonly from: number;
  readonly to: number;
  readonly fromRoot: Uint8Array;
  readonly toRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
};

export const leafHash = (entry: Uint8Array): Buffer => sha256(LEAF, entry);

export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => sha256(NODE, left, right);

/** Root of the log without entries. */
export const emptyRoot: Buffer = sha256();

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
// Bit operators of JavaScript cut to 32 bits, so halves and parity are arithmetic.
const half = (value: number): number => Math.floor(value / 2);
const isOdd = (value: number): boolean => value % 2 === 1;

/** RFC 9162, 2.1.3.2: whether the leaf hash is the one at `index` of the log of this size and root. */
export function isIncluded({ index, size, leaf, proof, root }: Inclusion): boolean {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  let node = index;
  let last = size - 1;
  let hash: Uint8Array = leaf;
  for (const step of proof) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      hash = nodeHash(step, hash);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = nodeHash(hash, step);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && isEqual(hash, root);
}

/** RFC 9162, 2.1.4.2: whether the log of size `to` starts with the log of size `from`. */
export function isConsistent({ from, to, fromRoot, toRoot, proof }: Consistency): boolean {
  if (!isCount(from) || !isCount(to) || from > to) return false;
  if (from === to) return proof.length === 0 && isEqual(fromRoot, toRoot);
  if (from === 0) return proof.length === 0 && isEqual(fromRoot, emptyRoot);
  let node = from - 1;
  let last = to - 1;
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  // The earlier root itself starts the path where the earlier log is a whole subtree.
  const [start, ...rest] = node === 0 ? [fromRoot, ...proof] : proof;
  if (!start) return false;
  let fromHash = start;
  let toHash = start;
  for (const step of rest) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      fromHash = nodeHash(step, fromHash);
      toHash = nodeHash(step, toHash);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      toHash = nodeHash(toHash, step);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && isEqual(fromHash, fromRoot) && isEqual(toHash, toRoot);
}
