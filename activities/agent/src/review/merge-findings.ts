import { type Finding, SEVERITIES, type Severity } from '@countersign/domain';

import type { PassFinding } from './pass-findings.js';
import { REVIEW_PASSES, type ReviewPass } from './review-passes.js';

export const MAX_FINDINGS = 100;
/** Two passes that mean the same place seldom count the same line. */
const NEAR_LINES = 3;
/** Of the words of both messages together. */
const SIMILAR = 0.5;

type Merged = Omit<PassFinding, 'pass'> & { readonly passes: readonly ReviewPass[] };

const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);

function wordsOf(message: string): ReadonlySet<string> {
  return new Set(message.toLowerCase().match(/[\p{L}\p{N}_]{3,}/gu) ?? []);
}

export function isSimilar(a: string, b: string): boolean {
  const [left, right] = [wordsOf(a), wordsOf(b)];
  const all = new Set([...left, ...right]).size;
  if (all === 0) return a.trim() === b.trim();
  return [...left].filter((word) => right.has(word)).length / all >= SIMILAR;
}

function isSame(a: Merged, b: PassFinding): boolean {
  if (a.path !== b.path) return false;
  const isNear = a.line === null || b.line === null ? a.line === b.line : Math.abs(a.line - b.line) <= NEAR_LINES;
  return isNear && isSimilar(a.message, b.message);
}

function joined(a: Merged, b: PassFinding): Merged {
  const stronger = rank(b.severity) > rank(a.severity) ? b : a;
  return {
    ...stronger,
    path: a.path,
    confidence: Math.max(a.confidence, b.confidence),
    passes: REVIEW_PASSES.filter((pass) => pass === b.pass || a.passes.includes(pass)),
  };
}

/** The worst first, then the surest; the same findings in any order come out the same. */
function byWeight(a: PassFinding | Merged, b: PassFinding | Merged): number {
  return (
    rank(b.severity) - rank(a.severity) ||
    b.confidence - a.confidence ||
    (a.path ?? '').localeCompare(b.path ?? '', 'en') ||
    (a.line ?? 0) - (b.line ?? 0) ||
    a.message.localeCompare(b.message, 'en')
  );
}

/** What the passes found as one list: the same thing said twice is one finding, by the strongest of its words. */
export function mergeFindings(found: readonly PassFinding[]): readonly Finding[] {
  const merged: Merged[] = [];
  for (const finding of [...found].sort((a, b) => byWeight(a, b) || REVIEW_PASSES.indexOf(a.pass) - REVIEW_PASSES.indexOf(b.pass))) {
    const at = merged.findIndex((earlier) => isSame(earlier, finding));
    const { pass, ...rest } = finding;
    const earlier = merged[at];
    if (earlier) merged[at] = joined(earlier, finding);
    else merged.push({ ...rest, passes: [pass] });
  }
  return merged
    .sort(byWeight)
    .slice(0, MAX_FINDINGS)
    .map(({ passes, severity, message, path, line, confidence }) => ({ rule: `model:${passes.join('+')}`, severity, message, path, line, confidence: Math.round(confidence * 100) }));
}
