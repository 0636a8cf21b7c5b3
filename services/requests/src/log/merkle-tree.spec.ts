import { isConsistent, isIncluded, leafHash, nodeHash } from '@countersign/verify';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { consistencyRanges, inclusionRanges, type LeafRange, nodesOf, rangeRoot, subtreesOf, TreeBuilder } from './merkle-tree.js';

const MOST = 300;
const LEAVES = Array.from({ length: MOST }, (_, index) => leafHash(Buffer.from(`entry ${index}`)));

/** RFC 9162, 2.1.1, word for word. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length <= 1) return leaves[0] ?? rangeRoot([]);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

/** What the tables hold: every complete subtree. */
function storedTree(size: number) {
  const builder = new TreeBuilder();
  const stored = new Map<string, Buffer>();
  LEAVES.slice(0, size).forEach((leaf, index) => {
    stored.set(`0/${index}`, leaf);
    for (const { level, index: place, hash } of builder.push(leaf)) stored.set(`${level}/${place}`, hash);
  });
  const hashOf = (range: LeafRange): Buffer => rangeRoot(subtreesOf(range).map(({ level, index }) => stored.get(`${level}/${index}`) as Buffer));
  return { builder, stored, hashOf };
}

const size = fc.integer({ min: 1, max: MOST });
const twoSizes = fc.tuple(size, size).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

describe('the tree', () => {
  it('has the root of RFC 9162 at every size, also from the stored subtrees alone', () => {
    const { hashOf } = storedTree(MOST);
    const builder = new TreeBuilder();
    for (let n = 1; n <= MOST; n += 1) {
      builder.push(LEAVES[n - 1] as Buffer);
      const root = rootOf(LEAVES.slice(0, n));
      expect(builder.root()).toEqual(root);
      expect(hashOf({ start: 0, end: n })).toEqual(root);
    }
    expect(new TreeBuilder().root()).toEqual(rangeRoot([]));
  });

  it('goes on from its frontier as if it had never stopped', () => {
    fc.assert(
      fc.property(twoSizes, ([from, to]) => {
        const { stored } = storedTree(from);
        const frontier = subtreesOf({ start: 0, end: from }).map(({ level, index }) => stored.get(`${level}/${index}`) as Buffer);
        const builder = new TreeBuilder(from, frontier);
        for (const leaf of LEAVES.slice(from, to)) builder.push(leaf);
        expect(builder.size).toBe(to);
        expect(builder.root()).toEqual(rootOf(LEAVES.slice(0, to)));
      }),
    );
  });

  it('proves every leaf at every later size to a verifier that is not this code, and no other leaf', () => {
    const { hashOf } = storedTree(MOST);
    fc.assert(
      fc.property(size, fc.nat(), fc.nat(), (n, pick, other) => {
        const index = pick % n;
        const proof = inclusionRanges(index, n).map(hashOf);
        const claim = { index, size: n, proof, root: rootOf(LEAVES.slice(0, n)) };
        expect(isIncluded({ ...claim, leaf: LEAVES[index] as Buffer })).toBe(true);
        const wrong = other % MOST;
        expect(isIncluded({ ...claim, leaf: LEAVES[wrong] as Buffer })).toBe(wrong === index);
      }),
    );
  });

  it('proves that each size starts with each smaller one', () => {
    const { hashOf } = storedTree(MOST);
    fc.assert(
      fc.property(twoSizes, ([from, to]) => {
        const roots = { fromRoot: rootOf(LEAVES.slice(0, from)), toRoot: rootOf(LEAVES.slice(0, to)) };
        expect(isConsistent({ from, to, ...roots, proof: consistencyRanges(from, to).map(hashOf) })).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('counts its inner nodes', () => {
    for (const n of [0, 1, 2, 3, 7, 8, 100, MOST]) {
      expect(nodesOf(n)).toBe([...storedTree(n).stored.keys()].filter((key) => !key.startsWith('0/')).length);
    }
  });

  it('stays small and right where bit operators would be cut to 32 bits', () => {
    const huge = 2 ** 40 + 12_345;
    expect(inclusionRanges(2 ** 39 + 7, huge)).toHaveLength(41);
    expect(subtreesOf({ start: 0, end: huge }).reduce((sum, { level }) => sum + 2 ** level, 0)).toBe(huge);
  });
});

describe('one decision in a log of a million', () => {
  it('is proven in less than 2 kB', () => {
    const million = 1_000_000;
    // Of equal leaves, so that all complete subtrees of a level are equal as well.
    const leaf = leafHash(Buffer.from('the same entry'));
    const levels = [leaf];
    while (levels.length < 21) levels.push(nodeHash(levels.at(-1) as Buffer, levels.at(-1) as Buffer));
    const hashOf = (range: LeafRange): Buffer => rangeRoot(subtreesOf(range).map(({ level }) => levels[level] as Buffer));
    const root = hashOf({ start: 0, end: million });
    const sizes = [0, 499_999, 524_287, 524_288, 777_777, million - 1].map((index) => {
      const proof = inclusionRanges(index, million).map(hashOf);
      expect(isIncluded({ index, size: million, leaf, proof, root })).toBe(true);
      return JSON.stringify(proof.map((hash) => hash.toString('hex'))).length;
    });
    process.stdout.write(`inclusion proof in a log of 1,000,000: at most ${Math.max(...sizes)} bytes as JSON, 20 hashes\n`);
    expect(Math.max(...sizes)).toBeLessThan(2_000);
  });
});
