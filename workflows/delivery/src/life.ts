import type { Gate, State, TerminalState, Vote } from '@countersign/domain';
import type { Carry, CarriedGate, LifecycleSettings, RequestLifecycleInput } from '@countersign/workflow-contracts';

export type Ending = { readonly state: TerminalState; readonly reason?: string };

/** The lifecycle's whole state while it runs; handlers write votes and words, stages the rest. */
export type Life = {
  readonly requestId: string;
  settings: LifecycleSettings | undefined;
  state: State;
  gate: CarriedGate | null;
  /** The gate being opened: people may see it open before this run hears of it, so their votes are kept. */
  opening: Gate | null;
  votes: Vote[];
  words: string[];
  seenUpdates: Set<string>;
  paused: 'person' | 'budget' | null;
  /** Somebody cancelled: a person's word that requests confirmed, or an operator in Temporal. */
  cancelled: boolean;
  repaired: boolean;
  /** Another request left its slot since the queue was last asked. */
  slotHint: boolean;
  attempt: number;
  fixes: number;
  facts: Partial<Record<string, string>>;
  feedback: string[];
  reminders: number;
  /** Comments for the model to answer; the first may be being answered. */
  questions: string[];
};

export function lifeOf({ request, carry }: RequestLifecycleInput): Life {
  return {
    requestId: request,
    settings: undefined,
    state: carry?.state ?? 'RECEIVED',
    gate: carry?.gate ?? null,
    opening: null,
    votes: [...(carry?.votes ?? [])],
    words: [...(carry?.words ?? [])],
    seenUpdates: new Set(carry?.seenUpdates ?? []),
    paused: carry?.paused ?? null,
    cancelled: false,
    repaired: false,
    slotHint: false,
    attempt: carry?.attempt ?? 0,
    fixes: carry?.fixes ?? 0,
    facts: { ...carry?.facts },
    feedback: [...(carry?.feedback ?? [])],
    reminders: carry?.reminders ?? 0,
    questions: [...(carry?.questions ?? [])],
  };
}

export function carryOf(life: Life): Carry {
  return {
    state: life.state,
    gate: life.gate,
    votes: life.votes,
    words: life.words,
    seenUpdates: [...life.seenUpdates],
    paused: life.paused,
    attempt: life.attempt,
    fixes: life.fixes,
    facts: life.facts,
    feedback: life.feedback,
    reminders: life.reminders,
    ...(life.questions.length > 0 && { questions: life.questions }),
  };
}

/** Goes on from the records: votes and words that this run already heard are kept, requests re-sends the rest. */
export function recallInto(life: Life, carry: Carry): void {
  const heard = new Map([...carry.votes, ...life.votes].map((vote) => [vote.id, vote]));
  Object.assign(life, {
    state: carry.state,
    gate: carry.gate,
    votes: [...heard.values()],
    words: [...new Set([...carry.words, ...life.words])],
    paused: carry.paused,
    attempt: carry.attempt,
    fixes: carry.fixes,
    facts: { ...carry.facts },
    feedback: [...carry.feedback],
    questions: [...(carry.questions ?? [])],
  } satisfies Partial<Life>);
}

/** Votes that are about the open gate's revision. */
export function votesAtHand(life: Life): readonly Vote[] {
  const { gate } = life;
  if (!gate) return [];
  return life.votes.filter((vote) => vote.gate === gate.gate && vote.revision === gate.revision && vote.digest === gate.digest);
}

export function isInterrupted(life: Life): boolean {
  return life.cancelled || life.paused !== null;
}
