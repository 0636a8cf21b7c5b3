import { describe, expect, it } from '@jest/globals';

import type { CheckResult, Facts } from '@countersign/domain';

import { oneLine } from './one-line.js';
import { isBlocked, reviewFindings } from './review-findings.js';

const result = (over: Partial<CheckResult>): CheckResult => ({ name: 'test', status: 'passed', exitCode: 0, durationMs: 1, note: '', log: null, ...over });
const checks = (...results: CheckResult[]): Facts['checks'] => ({ commit: 'c', verdict: 'passed', results });
const measure = (over: Partial<Facts['measure']> = {}): Facts['measure'] => ({
  headCommit: 'c',
  addedLines: 0,
  removedLines: 0,
  files: [],
  pathsOutsidePlan: [],
  secrets: 0,
  ciOrDependencyFiles: [],
  findings: [],
  ...over,
});

describe('reviewFindings', () => {
  it('finds nothing in a change whose checks passed', () => {
    expect(reviewFindings(checks(result({})), measure())).toEqual([]);
  });

  it.each([
    ['failed', 'blocking'],
    ['failedBefore', 'warning'],
    ['notRun', 'warning'],
    ['notConfigured', 'info'],
  ] as const)('tells a check that %s as %s', (status, severity) => {
    expect(reviewFindings(checks(result({ status, exitCode: 1 })), measure())).toEqual([expect.objectContaining({ rule: 'test', severity })]);
  });

  it('takes over what was measured and adds no path twice', () => {
    const finding = { rule: 'path', severity: 'blocking', message: 'm', path: 'a', line: null } as const;
    const found = reviewFindings(checks(), measure({ findings: [finding], pathsOutsidePlan: ['a', 'b'] }));
    expect(found.map(({ path }) => path)).toEqual(['a', 'b']);
  });

  it('never takes what was not measured for good', () => {
    expect(reviewFindings(undefined, undefined).map(({ severity }) => severity)).toEqual(['warning', 'warning']);
  });
});

describe('what a model found', () => {
  const found = { rule: 'model:security', severity: 'blocking', message: 'm', path: null, line: null, confidence: 90 } as const;
  const model = { reviewer: 'openai:m', headCommit: 'c', passes: [], findings: [found] };

  it('is posted behind what was measured', () => {
    const own = { rule: 'secret', severity: 'warning', message: 'm', path: 'a', line: 1 } as const;
    expect(reviewFindings(checks(), measure({ findings: [own] }), model)).toEqual([own, found]);
  });

  it.each([
    ['blocks nothing', false, false],
    ['blocks where the project says so', true, true],
  ] as const)('%s', (_what, reviewBlocks, blocked) => {
    expect(isBlocked([found], { reviewBlocks })).toBe(blocked);
    expect(isBlocked([{ ...found, severity: 'warning' }], { reviewBlocks })).toBe(false);
  });

  it('changes nothing about what our rules block', () => {
    const { confidence: _confidence, ...rule } = found;
    expect(isBlocked([rule], { reviewBlocks: false })).toBe(true);
  });
});

describe('oneLine', () => {
  it('folds lines and shows what hides', () => {
    expect(oneLine('a\r\n\tb\u2028c\u0007\u202ed')).toBe('a b c<U+0007><U+202E>d');
    expect(oneLine(' ä 🎉 ')).toBe('ä 🎉');
  });
});
