import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { emptyRoot, isConsistent, isIncluded, leafHash, nodeHash } from './merkle.js';
import { consistencyProof, inclusionProof, treeRoot } from './testing/index.js';

/** The test tree of certificate-transparency, used by every implementation of RFC 6962. */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map((hex) => Buffer.from(hex, 'hex'));
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const entriesOf = (size: number): readonly Buffer[] => Array.from({ length: size }, (_, index) => Buffer.from(`entry ${index}`));

function changesOf(proof: readonly Buffer[]): readonly (readonly Buffer[])[] {
  const flipped = proof.map((hash, at) => proof.map((other, index) => (index === at ? Buffer.from(hash.map((byte) => byte ^ 1)) : other)));
  return [...flipped, proof.slice(1), proof.slice(0, -1), [...proof, emptyRoot], [emptyRoot, ...proof]].filter((changed) => changed.length !== proof.length || proof.length > 0);
}

describe('the known tree', () => {
  it('has the known roots', () => {
    expect(emptyRoot.toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(ROOTS.map((_, index) => treeRoot(LEAVES.slice(0, index + 1)).toString('hex'))).toEqual(ROOTS);
  });

  it('accepts the known proofs of consistency and no other root', () => {
    const proof = ['0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a', 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0', ROOTS[3] ?? ''].map(bytes);
    expect(isConsistent({ from: 6, to: 8, fromRoot: bytes(ROOTS[5] ?? ''), toRoot: bytes(ROOTS[7] ?? ''), proof })).toBe(true);
    expect(isConsistent({ from: 6, to: 8, fromRoot: bytes(ROOTS[4] ?? ''), toRoot: bytes(ROOTS[7] ?? ''), proof })).toBe(false);
  });

  it('accepts a known proof of inclusion', () => {
    const proof = [bytes(ROOTS[1] ?? '')];
    const [, , third = Buffer.of()] = LEAVES;
    expect(isIncluded({ index: 2, size: 3, leaf: leafHash(third), proof, root: bytes(ROOTS[2] ?? '') })).toBe(true);
    expect(isIncluded({ index: 1, size: 3, leaf: leafHash(third), proof, root: bytes(ROOTS[2] ?? '') })).toBe(false);
  });
});

describe('against the definition', () => {
  const checkInclusion = (index: number, size: number): void => {
    const entries = entriesOf(size);
    const good = { index, size, leaf: leafHash(entries[index] ?? Buffer.of()), proof: inclusionProof(index, entries), root: treeRoot(entries) };
    expect(isIncluded(good)).toBe(true);
    for (const proof of changesOf(good.proof)) expect(isIncluded({ ...good, proof })).toBe(false);
    expect(isIncluded({ ...good, leaf: emptyRoot })).toBe(false);
    expect(isIncluded({ ...good, root: emptyRoot })).toBe(false);
  };

  const checkConsistency = (from: number, to: number): void => {
    const entries = entriesOf(to);
    const good = { from, to, fromRoot: treeRoot(entries.slice(0, from)), toRoot: treeRoot(entries), proof: consistencyProof(from, entries) };
    expect(isConsistent(good)).toBe(true);
    for (const proof of changesOf(good.proof)) expect(isConsistent({ ...good, proof })).toBe(false);
    expect(isConsistent({ ...good, fromRoot: emptyRoot })).toBe(false);
    expect(isConsistent({ ...good, toRoot: emptyRoot })).toBe(false);
  };

  it('accepts the one place of every leaf in every log of up to 65 entries', () => {
    const wrong: string[] = [];
    for (let size = 1; size <= 65; size += 1) {
      const entries = entriesOf(size);
      const root = treeRoot(entries);
      entries.forEach((entry, at) => {
        const proof = inclusionProof(at, entries);
        for (let index = 0; index <= size; index += 1) {
          if (isIncluded({ index, size, leaf: leafHash(entry), proof, root }) !== (index === at)) wrong.push(`${at} as ${index} of ${size}`);
        }
      });
    }
    expect(wrong).toEqual([]);
  });

  it('accepts every earlier log of every log of up to 65 entries', () => {
    const wrong: string[] = [];
    for (let to = 1; to <= 65; to += 1) {
      const entries = entriesOf(to);
      const toRoot = treeRoot(entries);
      for (let from = 1; from <= to; from += 1) {
        const proof = consistencyProof(from, entries);
        const fromRoot = treeRoot(entries.slice(0, from));
        if (!isConsistent({ from, to, fromRoot, toRoot, proof })) wrong.push(`${from} to ${to}`);
        if (isConsistent({ from: from - 1, to, fromRoot, toRoot, proof })) wrong.push(`${from} as ${from - 1} to ${to}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('accepts no changed proof of inclusion', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 700 }).chain((size) => fc.tuple(fc.nat(size - 1), fc.constant(size))), ([index, size]) => checkInclusion(index, size)), { numRuns: 30 });
  });

  it('accepts no changed proof of consistency', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 700 }).chain((to) => fc.tuple(fc.integer({ min: 1, max: to }), fc.constant(to))), ([from, to]) => checkConsistency(from, to)), { numRuns: 30 });
  });

  it('follows indexes beyond 32 bits', () => {
    const size = 2 ** 40;
    const levels = Array.from({ length: 40 }, (_, level) => leafHash(Buffer.of(level)));
    const root = levels.reduce((hash, step) => nodeHash(step, hash), leafHash(Buffer.of(7)));
    expect(isIncluded({ index: size - 1, size, leaf: leafHash(Buffer.of(7)), proof: levels, root })).toBe(true);
    expect(isIncluded({ index: 2 ** 31, size, leaf: leafHash(Buffer.of(7)), proof: levels, root })).toBe(false);
    expect(isIncluded({ index: size, size, leaf: leafHash(Buffer.of(7)), proof: levels, root })).toBe(false);
  });

  it('has an empty log before every log', () => {
    const toRoot = treeRoot(entriesOf(3));
    expect(isConsistent({ from: 0, to: 3, fromRoot: emptyRoot, toRoot, proof: [] })).toBe(true);
    expect(isConsistent({ from: 0, to: 3, fromRoot: toRoot, toRoot, proof: [] })).toBe(false);
    expect(isConsistent({ from: 4, to: 3, fromRoot: toRoot, toRoot, proof: [] })).toBe(false);
  });
});
