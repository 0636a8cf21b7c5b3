import type { BudgetKind, Gate, State, TerminalState, WordKind } from '@countersign/domain';

import type { Carry } from './lifecycle.workflow.js';

type ForRequest = { readonly requestId: string };

export type LifecycleSettings = {
  readonly project: string;
  readonly tenant: string;
  readonly requester: string;
  readonly title: string;
  readonly reminderMs: number;
  readonly maxFixAttempts: number;
  readonly continueAsNewAfterEvents: number;
  /** Whether a language model reviews results; histories from before there was one say nothing. */
  readonly modelReview?: boolean;
};

export type BeginResult = { readonly state: State; readonly settings: LifecycleSettings };

/** A gate that opened, or passed at once by policy or because it is off. */
export type OpenGateResult =
  | {
      readonly outcome: 'open';
      readonly revision: number;
      readonly digest: string;
      readonly required: number;
      readonly deadline: string;
      /** Says for whom it waits, or why nobody can pass it. */
      readonly waitingFor: string;
      /** Votes recorded earlier that hold for exactly this revision. */
      readonly approvals: number;
    }
  | { readonly outcome: 'passed'; readonly revision: number; readonly state: State };

export type CloseGateResult =
  | { readonly outcome: 'passed'; readonly state: State }
  | { readonly outcome: 'rejected' }
  | { readonly outcome: 'changes'; readonly feedbackId: string; readonly state: State; readonly attemptsLeft: boolean }
  | { readonly outcome: 'open'; readonly dropped: readonly string[]; readonly waitingFor: string };

export type SlotResult = { readonly granted: boolean; readonly place: number };

export type ApplyWordResult =
  /** The id names no stored row of this request: the update was not ours. */
  | { readonly kind: 'unknown' }
  /** Stored, but no longer possible (already paused, ended, not raised). */
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: Exclude<WordKind, 'comment'> }
  /** `asks`: the model of the project is to answer it while the gate stays open. */
  | { readonly kind: 'comment'; readonly asks?: boolean };

/**
 * Hosted by services/requests on its own queue. Every call is fenced by the owner run, taken from the
 * activity's own execution info: another run gets RUN_SUPERSEDED. Ids and revisions only; what they mean
 * is read where it is owned.
 */
export interface RecordsActivities {
  /** Adopts a first run or one continued from the owner; moves RECEIVED to SPECIFYING. A second call changes nothing. */
  begin(input: ForRequest): Promise<BeginResult>;
  /** The whole lifecycle state built from the records: what a repaired run goes on from. */
  recall(input: ForRequest): Promise<Carry>;
  /** Consecutive legal moves in one transaction; moves already made are skipped. Refuses forward moves out of review states. */
  transition(input: ForRequest & { readonly moves: readonly State[]; readonly reason?: string }): Promise<{ readonly state: State }>;
  /** Builds the subject from stored facts (the newest of each kind unless named), numbers it and opens the gate. */
  openGate(input: ForRequest & { readonly gate: Gate; readonly facts: Readonly<Partial<Record<string, string>>>; readonly reopened?: { readonly code: string } }): Promise<OpenGateResult>;
  /** Verifies every vote and makes the move in the same transaction; bad votes are dropped and audited. */
  closeGate(input: ForRequest & { readonly gate: Gate; readonly revision: number; readonly decisionIds: readonly string[] }): Promise<CloseGateResult>;
  /** Moves QUEUED to EXECUTING where a slot is free in order of entering QUEUED; holding one already is granted again. */
  acquireSlot(input: ForRequest): Promise<SlotResult>;
  /** Confirms and applies a person's word: pause and raise change the row, cancel is answered for the workflow to act on. */
  applyWord(input: ForRequest & { readonly wordId: string }): Promise<ApplyWordResult>;
  /** Pauses because a budget is used up; frees the slot. */
  pauseForBudget(input: ForRequest & { readonly exceeded: BudgetKind }): Promise<void>;
  /** Whether the limits allow attempt number `attempt` (from 2); counts nothing: `agent.execute` does. */
  beginAttempt(input: ForRequest & { readonly attempt: number }): Promise<{ readonly allowed: boolean }>;
  remind(input: ForRequest & { readonly gate: Gate; readonly revision: number; readonly reminder: number }): Promise<void>;
  /** What the request waits for, shown to people; null clears it. */
  noteWaiting(input: ForRequest & { readonly waitingFor: string | null }): Promise<void>;
  /** A compensation that ended, or keeps failing: shown on the request. */
  noteUndo(input: ForRequest & { readonly undo: string; readonly error: string | null }): Promise<void>;
  /** Ends the request: state, outbox, audit. */
  finish(input: ForRequest & { readonly state: TerminalState; readonly reason?: string }): Promise<void>;
}
