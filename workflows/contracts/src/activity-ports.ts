import type { ArtifactRef, BudgetLimits, BudgetUsage, Evidence, FactKind, Facts, ProjectSettings, State } from '@countersign/domain';

/** The run an activity belongs to, from its own execution info, never from an argument. */
export type RunRef = { readonly workflowId: string; readonly runId: string };

/** What an activity needs to know of a request, read where it is owned at the moment of the call. */
export type Briefing = {
  readonly request: {
    readonly id: string;
    readonly tenantId: string;
    readonly title: string;
    readonly body: string;
    readonly requester: string;
    readonly state: State;
    readonly createdAt: string;
  };
  readonly project: {
    readonly id: string;
    readonly name: string;
    /** Source as given: a path or URL. */
    readonly repo: string;
    /** Path of the bare copy. */
    readonly bare: string;
    readonly branch: string;
    readonly settings: ProjectSettings;
  };
  readonly limits: BudgetLimits;
  readonly usage: BudgetUsage;
  /** The approved (or proposed) revision of each subject: canonical text and digest. */
  readonly subjects: readonly { readonly gate: string; readonly revision: number; readonly digest: string; readonly text: string }[];
  /** Trailer lines for the merge commit: names of people whose votes closed plan and merge. */
  readonly approvedBy: readonly string[];
  /** Identity, time (RFC 3339 UTC) of the vote that closed the merge gate; fixed, so that a retried merge is the same commit. */
  readonly mergeVote: { readonly name: string; readonly at: string } | null;
};

export type StoredFact<K extends FactKind = FactKind> = {
  readonly id: string;
  readonly kind: K;
  readonly data: Facts[K];
};

/** One message on a spec or plan. People are named by what they are to the request, never by name or address. */
export type ThreadMessage = {
  readonly id: string;
  readonly by: 'requester' | 'admin' | 'maintainer' | 'reviewer' | 'observer' | 'model' | 'countersign';
  readonly text: string;
  /** RFC 3339 UTC. */
  readonly at: string;
  /** The message that this one answers. */
  readonly answers: string | null;
};

/** What the thread gets as the answer to a comment. */
export type CommentAnswer = {
  readonly wordId: string;
  /** The model that was asked. */
  readonly author: string;
  readonly text: string;
  /** False where the sentence is ours: the model gave no answer. */
  readonly byModel: boolean;
};

/**
 * The requests service as activities see it. Every call is fenced: a run that does not own the request
 * gets RUN_SUPERSEDED.
 */
export interface RequestRecordsPort {
  briefing(requestId: string, run: RunRef): Promise<Briefing>;
  /**
   * Stores what was measured. The same `key` of the same request answers the row stored first, so a
   * retried activity writes one fact.
   */
  putFact<K extends FactKind>(
    requestId: string,
    run: RunRef,
    fact: { readonly kind: K; readonly key: string; readonly data: Facts[K]; readonly artifacts?: readonly ArtifactRef[] },
  ): Promise<{ readonly id: string }>;
  /** A fact by its id; undefined where the request has none of that id. */
  getFact<K extends FactKind>(requestId: string, run: RunRef, kind: K, id: string): Promise<StoredFact<K> | undefined>;
  /** The newest fact of a kind; with `of`, of those about that commit or tree. */
  latestFact<K extends FactKind>(requestId: string, run: RunRef, kind: K, of?: string): Promise<StoredFact<K> | undefined>;
  /** The people's words behind feedback ids: reasons, comments and findings as one text each. */
  feedback(requestId: string, run: RunRef, ids: readonly string[]): Promise<readonly string[]>;
  /** Adds use to the request's budget once per key; answers the total. */
  addUsage(requestId: string, run: RunRef, key: string, usage: BudgetUsage): Promise<BudgetUsage>;
  /** What a long activity waits for (an engine, a source), shown to people; null clears it. */
  noteWaiting(requestId: string, run: RunRef, waitingFor: string | null): Promise<void>;
  /** Comments and their answers in order; with `upTo`, those that were there when the last of these decisions was made. */
  thread(requestId: string, run: RunRef, upTo?: readonly string[]): Promise<readonly ThreadMessage[]>;
  /** Stores the answer to a comment; the first one stays. */
  answerComment(requestId: string, run: RunRef, answer: CommentAnswer): Promise<void>;
  /** What the answer to a comment waits for, shown in the thread; null clears it. */
  noteAnswer(requestId: string, run: RunRef, note: { readonly wordId: string; readonly waitingFor: string | null }): Promise<void>;
  /** Whether the request has ended or is unknown: what the reaper asks. */
  isOver(requestId: string): Promise<boolean>;
}

/** The one port of the four irreversible activities. Fenced like every other call. */
export interface ApprovalEvidencePort {
  read(requestId: string, run: RunRef): Promise<Evidence>;
}
