import type { Gate, State, TerminalState, Vote } from '@countersign/domain';

export const REQUEST_LIFECYCLE = 'requestLifecycle';

/** The gate that is open, as `records.openGate` answered. */
export type CarriedGate = {
  readonly gate: Gate;
  readonly revision: number;
  readonly digest: string;
  readonly required: number;
  /** RFC 3339 UTC. */
  readonly deadline: string;
};

/** The whole lifecycle state as plain data, so that continue-as-new and `repair` lose nothing. */
export type Carry = {
  readonly state: State;
  readonly gate: CarriedGate | null;
  readonly votes: readonly Vote[];
  /** Words accepted and not yet applied. */
  readonly words: readonly string[];
  readonly seenUpdates: readonly string[];
  readonly paused: 'person' | 'budget' | null;
  /** Number of the running or last attempt; 0 before the first. */
  readonly attempt: number;
  /** Attempts that were spent on failing checks, blocking findings or conflicts. */
  readonly fixes: number;
  /** Ids of the newest facts, by kind. */
  readonly facts: Readonly<Partial<Record<string, string>>>;
  readonly feedback: readonly string[];
  readonly reminders: number;
  /** Comments that the model has still to answer while the gate is open. */
  readonly questions?: readonly string[];
};

export type RequestLifecycleInput = { readonly request: string; readonly carry?: Carry };
export type RequestLifecycleResult = { readonly state: TerminalState };
