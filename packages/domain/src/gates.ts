import type { ReviewState, State } from './states.js';

/** Gates of the lifecycle, in order. `budget` is a decision of its own and has no review state. */
export const GATES = ['spec', 'plan', 'diff', 'merge'] as const;
export type Gate = (typeof GATES)[number];
export const SUBJECT_KINDS = [...GATES, 'budget'] as const;
export type SubjectKind = (typeof SUBJECT_KINDS)[number];

export const GATE_SETTINGS = ['required', 'policy', 'off'] as const;
export type GateSetting = (typeof GATE_SETTINGS)[number];
export type GateSettings = Readonly<Record<Gate, GateSetting>>;

export const DEFAULT_GATES: GateSettings = { spec: 'off', plan: 'required', diff: 'policy', merge: 'required' };

export const GATE_REVIEW_STATE: Readonly<Record<Gate, ReviewState>> = {
  spec: 'SPEC_REVIEW',
  plan: 'PLAN_REVIEW',
  diff: 'DIFF_REVIEW',
  merge: 'MERGE_REVIEW',
};

/** Where a passed gate leads. */
export const GATE_NEXT_STATE: Readonly<Record<Gate, State>> = {
  spec: 'PLANNING',
  plan: 'QUEUED',
  diff: 'PUBLISHING',
  merge: 'MERGING',
};

/** Where "request changes" leads: the next revision at spec and plan, another attempt at diff and merge. */
export const GATE_CHANGES_STATE: Readonly<Record<Gate, State>> = {
  spec: 'SPECIFYING',
  plan: 'PLANNING',
  diff: 'QUEUED',
  merge: 'QUEUED',
};

export const GATE_STATES = ['waiting', 'open', 'passed', 'refused'] as const;
export type GateState = (typeof GATE_STATES)[number];

export function gateOfState(state: State): Gate | undefined {
  return GATES.find((gate) => GATE_REVIEW_STATE[gate] === state);
}

/** The default window is 14 days, a reminder goes out each day (issue 3, section 2). */
export const DEFAULT_GATE_WINDOW_MS = 14 * 24 * 3_600_000;
export const DEFAULT_REMINDER_MS = 24 * 3_600_000;
