import type { BudgetLimits } from './budget.js';
import type { Plan, Spec } from './plan.js';

/** Subject documents: what a person approves. Their RFC 8785 bytes are hashed, nothing else is the source. */
type Named = { readonly id: string; readonly title: string };

export type SpecSubject = {
  readonly v: 1;
  readonly gate: 'spec';
  readonly request: Named & { readonly body: string };
  readonly spec: Spec;
};

export type PlanSubject = {
  readonly v: 1;
  readonly gate: 'plan';
  readonly request: Named;
  readonly spec: Spec;
  readonly plan: Plan;
  readonly repository: string;
  readonly baseCommit: string;
  readonly allowedPaths: readonly string[];
  readonly budget: BudgetLimits;
  readonly policyVersion: string;
};

export type DiffSubject = {
  readonly v: 1;
  readonly gate: 'diff';
  readonly request: { readonly id: string };
  readonly baseCommit: string;
  readonly headCommit: string;
  readonly tree: string;
  readonly checksDigest: string;
};

export type MergeSubject = {
  readonly v: 1;
  readonly gate: 'merge';
  readonly request: { readonly id: string };
  readonly repository: string;
  readonly targetRef: string;
  readonly targetTip: string;
  readonly head: string;
  readonly mergedTree: string;
  readonly checksDigest: string;
};

export type BudgetSubject = {
  readonly v: 1;
  readonly gate: 'budget';
  readonly request: { readonly id: string };
  readonly planDigest: string;
  readonly from: BudgetLimits;
  readonly to: BudgetLimits;
};

export type Subject = SpecSubject | PlanSubject | DiffSubject | MergeSubject | BudgetSubject;

export type DiffHeld = Omit<DiffSubject, 'v' | 'gate' | 'request'>;
export type MergeHeld = Omit<MergeSubject, 'v' | 'gate' | 'request'>;

export function diffSubject(requestId: string, held: DiffHeld): DiffSubject {
  const { baseCommit, headCommit, tree, checksDigest } = held;
  return { v: 1, gate: 'diff', request: { id: requestId }, baseCommit, headCommit, tree, checksDigest };
}

export function mergeSubject(requestId: string, held: MergeHeld): MergeSubject {
  const { repository, targetRef, targetTip, head, mergedTree, checksDigest } = held;
  return { v: 1, gate: 'merge', request: { id: requestId }, repository, targetRef, targetTip, head, mergedTree, checksDigest };
}
