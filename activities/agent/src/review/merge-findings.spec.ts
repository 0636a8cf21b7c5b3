import { describe, expect, it } from '@jest/globals';

import { isSimilar, MAX_FINDINGS, mergeFindings } from './merge-findings.js';
import type { PassFinding } from './pass-findings.js';

const finding = (over: Partial<PassFinding> = {}): PassFinding => ({
  pass: 'correctness',
  path: 'src/a.ts',
  line: 10,
  severity: 'warning',
  confidence: 0.5,
  message: 'The total is not checked for negative amounts',
  ...over,
});

describe('mergeFindings', () => {
  it('makes one finding of the same thing said by two passes: the worse severity, the higher confidence, both names', () => {
    const merged = mergeFindings([
      finding({ confidence: 0.9 }),
      finding({ pass: 'security', line: 12, severity: 'blocking', confidence: 0.4, message: 'Negative amounts are not checked in the total' }),
    ]);
    expect(merged).toEqual([
      { rule: 'model:correctness+security', severity: 'blocking', confidence: 90, path: 'src/a.ts', line: 12, message: 'Negative amounts are not checked in the total' },
    ]);
  });

  it.each([
    ['another file', { path: 'src/b.ts' }],
    ['a line further away', { line: 14 }],
    ['no line', { line: null }],
    ['something else', { message: 'This import is unused' }],
  ])('keeps apart what is about %s', (_what, over) => {
    expect(mergeFindings([finding(), finding({ pass: 'style', ...over })])).toHaveLength(2);
  });

  it('puts the worst first and then the surest, whatever the order they came in', () => {
    const found = [
      finding({ message: 'one', severity: 'info', confidence: 1 }),
      finding({ message: 'two', severity: 'blocking', confidence: 0.2 }),
      finding({ message: 'three', severity: 'blocking', confidence: 0.8 }),
    ];
    expect(mergeFindings(found).map(({ message }) => message)).toEqual(['three', 'two', 'one']);
    expect(mergeFindings([...found].reverse())).toEqual(mergeFindings(found));
  });

  it('keeps the most telling of very many', () => {
    const many = Array.from({ length: MAX_FINDINGS + 5 }, (_, index) => finding({ line: index * 10 + 1, message: `number${index} differs` }));
    const merged = mergeFindings([...many, finding({ severity: 'blocking', message: 'the one that matters' })]);
    expect([merged.length, merged[0]?.message]).toEqual([MAX_FINDINGS, 'the one that matters']);
  });

  it('compares messages by their words, in any script', () => {
    expect(isSimilar('Die Prüfung fehlt hier', 'hier fehlt die Prüfung')).toBe(true);
    expect(isSimilar('!!', '??')).toBe(false);
    expect(isSimilar('The path is not checked', 'The name is not tested')).toBe(false);
  });
});
