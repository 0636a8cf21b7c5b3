import type { ErrorCode } from './errors.js';
import type { Gate, SubjectKind } from './gates.js';
import type { Role } from './roles.js';

export const VERDICTS = ['approve', 'reject', 'request-changes'] as const;
export type Verdict = (typeof VERDICTS)[number];

export const CHANNELS = ['console', 'cli', 'api', 'policy'] as const;
export type Channel = (typeof CHANNELS)[number];

const NAMED_CHANNELS: Readonly<Record<string, Channel>> = { console: 'console', cli: 'cli' };

/** The client that a token was issued to; embedded ones are called `countersign-console` and the like. */
export function channelOf(clientId: string): Channel {
  return NAMED_CHANNELS[clientId.replace(/^countersign-/, '')] ?? 'api';
}

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const DECISION_PREDICATE = 'https://countersign.dev/attestations/decision/v1';
export const GATE_PASSED_PREDICATE = 'https://countersign.dev/attestations/gate-passed/v1';

export type StatementSubject = { readonly name: string; readonly digest: { readonly sha256: string } };

export type DecisionActor =
  | { readonly kind: 'person'; readonly id: string; readonly issuer: string; readonly subject: string }
  | { readonly kind: 'policy' | 'gate-off'; readonly id: string; readonly inputsSha256: string };

export type DecisionPredicate = {
  readonly verdict: Verdict;
  readonly gate: SubjectKind;
  readonly request: string;
  readonly revision: number;
  readonly actor: DecisionActor;
  readonly roles: readonly Role[];
  readonly channel: Channel;
  readonly authentication: { readonly acr: string | null; readonly amr: readonly string[]; readonly authTime: number | null };
  /** The server's time, RFC 3339 UTC. */
  readonly at: string;
  /** SHA-256 over salt and reason; null where no reason was given. */
  readonly reasonSha256: string | null;
  readonly policyVersion: string;
  readonly policyIds: readonly string[];
  /** 16 random bytes, hex. */
  readonly nonce: string;
  /** Reserved. */
  readonly delegation?: unknown;
  readonly risk?: unknown;
  readonly override?: unknown;
};

export type DecisionStatement = {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly [StatementSubject];
  readonly predicateType: typeof DECISION_PREDICATE;
  readonly predicate: DecisionPredicate;
};

/** What requests states when a gate closed in favour: which content, by which decisions. */
export type GatePassedStatement = {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly [StatementSubject];
  readonly predicateType: typeof GATE_PASSED_PREDICATE;
  readonly predicate: {
    readonly gate: SubjectKind;
    readonly request: string;
    readonly revision: number;
    /** SHA-256 of each decision's envelope. */
    readonly decisions: readonly string[];
    readonly policyVersion: string;
    readonly at: string;
    readonly nonce: string;
  };
};

export function subjectName(requestId: string, gate: SubjectKind, revision: number): string {
  return `request/${requestId}/${gate}/${revision}`;
}

/** What a vote's Update carries: an unsigned copy for counting beside the stored bytes as a string. */
export type Vote = {
  readonly id: string;
  readonly gate: Gate;
  readonly revision: number;
  readonly digest: string;
  readonly verdict: Verdict;
  readonly actor: string;
  readonly envelope: string;
};

export type OpenGate = { readonly gate: Gate; readonly revision: number; readonly digest: string };

const HEX_64 = /^[0-9a-f]{64}$/;

function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= max;
}

/** 64 kB holds any envelope this product writes; a longer one is not a vote. */
const MAX_ENVELOPE_CHARS = 65_536;

/** Accepts any input at all; answers whether it has the shape of a vote. */
export function isVote(value: unknown): value is Vote {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const vote = value as Record<string, unknown>;
  return (
    isText(vote['id'], 100) &&
    isText(vote['gate'], 20) &&
    Number.isSafeInteger(vote['revision']) &&
    typeof vote['digest'] === 'string' &&
    HEX_64.test(vote['digest']) &&
    (VERDICTS as readonly unknown[]).includes(vote['verdict']) &&
    isText(vote['actor'], 100) &&
    isText(vote['envelope'], MAX_ENVELOPE_CHARS)
  );
}

/** Why a vote is plainly malformed or late; undefined where it may be counted. Never throws. */
export function refusalOf(vote: unknown, open: OpenGate | undefined): ErrorCode | undefined {
  if (!isVote(vote)) return 'UPDATE_MALFORMED';
  if (!open || open.gate !== vote.gate) return 'GATE_CLOSED';
  if (open.revision !== vote.revision) return 'STALE_REVISION';
  if (open.digest !== vote.digest) return 'STALE_DIGEST';
  return undefined;
}

/**
 * Whether the votes at hand could close the gate, so that asking for their verification is worth it.
 * This is a hint from unverified copies: `records.closeGate` alone decides.
 */
export function couldClose(votes: readonly Pick<Vote, 'actor' | 'verdict'>[], required: number): boolean {
  if (votes.some((vote) => vote.verdict !== 'approve')) return true;
  return new Set(votes.map((vote) => vote.actor)).size >= required;
}
