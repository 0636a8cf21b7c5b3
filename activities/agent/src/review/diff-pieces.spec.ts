import { describe, expect, it } from '@jest/globals';

import { diffPieces } from './diff-pieces.js';

const file = (name: string, lines: number): string => `diff --git a/${name} b/${name}\n--- a/${name}\n+++ b/${name}\n${Array.from({ length: lines }, (_, index) => `+line ${index}\n`).join('')}`;

describe('diffPieces', () => {
  it('leaves a small change whole', () => {
    const patch = file('a', 3) + file('b', 3);
    expect(diffPieces(patch, 10_000, 5)).toEqual({ pieces: [patch], leftOut: 0 });
  });

  it('parts a larger one between files', () => {
    const [a, b, c] = [file('a', 20), file('b', 20), file('c', 20)];
    expect(diffPieces(a + b + c, a.length + b.length, 5).pieces).toEqual([a + b, c]);
  });

  it('parts a file that is too large between lines, each part saying which file it is of, and loses no line', () => {
    const patch = file('large.ts', 200);
    const { pieces } = diffPieces(patch, 600, 50);
    expect(pieces.every((piece) => piece.length <= 600 && piece.startsWith('diff --git a/large.ts b/large.ts'))).toBe(true);
    expect(pieces.join('').match(/^\+line \d+$/gm)).toHaveLength(200);
  });

  it('says how many pieces are too many, and shows no binary content', () => {
    const binary = 'diff --git a/x.png b/x.png\nindex 1..2\nGIT binary patch\nliteral 9\nzcmZ?wbhEHb\n\n';
    const { pieces, leftOut } = diffPieces(binary + file('b', 100) + file('c', 100), 1300, 1);
    expect(leftOut).toBeGreaterThan(0);
    expect(pieces[0]).toContain('(binary file)');
    expect(pieces[0]).not.toContain('zcmZ');
  });

  it('makes nothing of no change', () => {
    expect(diffPieces('', 1000, 5)).toEqual({ pieces: [], leftOut: 0 });
  });
});
