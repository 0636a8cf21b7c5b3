import type { Gate, GateState, Verdict } from '../../graphql/generated/graphql';

export const GATE_WORDS: Readonly<Record<Gate, string>> = { spec: 'spec', plan: 'plan', diff: 'diff', merge: 'merge' };

export const GATE_STATE_WORDS: Readonly<Record<GateState, string>> = {
  waiting: 'not reached',
  open: 'open',
  passed: 'passed',
  refused: 'refused',
};

export const VERDICT_PAST: Readonly<Record<Verdict, string>> = {
  approve: 'Approved',
  request_changes: 'Asked for changes',
  reject: 'Rejected',
};

export function verbOf(verdict: Verdict, gate: Gate): string {
  if (verdict === 'approve') return `Approve ${GATE_WORDS[gate]}`;
  return verdict === 'reject' ? 'Reject' : 'Request changes';
}

/** What follows from a verdict, said before it is given. */
export function consequenceOf(verdict: Verdict, gate: Gate): string {
  if (verdict === 'reject') return 'This ends the request. The merge request is closed and the branch deleted.';
  return gate === 'spec' || gate === 'plan'
    ? `A new revision of the ${GATE_WORDS[gate]} is written. Approvals of this one no longer count.`
    : 'The change goes back to be worked on. It counts as one attempt.';
}
