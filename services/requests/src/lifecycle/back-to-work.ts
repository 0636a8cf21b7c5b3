import type { FactKind, State } from '@countersign/domain';

type Move = { readonly from: State; readonly to: State };

/** Attempts that checks, findings or a conflict sent back. */
const FIXES: readonly string[] = ['CHECKING>EXECUTING', 'REVIEWING>QUEUED', 'MERGING>QUEUED'];
/** Attempts that a person asked for. */
const CHANGES: readonly string[] = ['DIFF_REVIEW>QUEUED', 'MERGE_REVIEW>QUEUED'];
const REWRITES: readonly string[] = ['SPEC_REVIEW>SPECIFYING', 'PLAN_REVIEW>PLANNING'];

const keyOf = ({ from, to }: Move): string => `${from}>${to}`;

export type WorkDone = {
  readonly attempt: number;
  readonly fixes: number;
  /** What sent the request back last: a person's decision or the facts of these kinds. */
  readonly sentBackBy: 'decision' | readonly FactKind[];
};

/** Attempts and the last way back, from the moves that were recorded. */
export function workDone(moves: readonly Move[]): WorkDone {
  const keys = moves.map(keyOf);
  const fixes = keys.filter((key) => FIXES.includes(key)).length;
  const changes = keys.filter((key) => CHANGES.includes(key)).length;
  const hasStarted = moves.some(({ to }) => to === 'EXECUTING');
  return { attempt: hasStarted ? 1 + fixes + changes : 0, fixes, sentBackBy: sentBackBy(keys) };
}

function sentBackBy(keys: readonly string[]): WorkDone['sentBackBy'] {
  const last = keys.findLastIndex((key) => [...FIXES, ...CHANGES, ...REWRITES].includes(key));
  const key = keys[last];
  // What came back has been answered since: by a new result, or a new document.
  const isAnswered = keys.slice(last + 1).some((later) => ['EXECUTING>CHECKING', 'SPECIFYING>SPEC_REVIEW', 'PLANNING>PLAN_REVIEW'].includes(later));
  if (key === undefined || isAnswered) return [];
  if (key === 'CHECKING>EXECUTING') return ['checks', 'measure'];
  if (key === 'REVIEWING>QUEUED' || key === 'MERGING>QUEUED') return ['review', 'conflict'];
  return 'decision';
}
