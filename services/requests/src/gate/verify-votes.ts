import {
  type ErrorCode,
  GATE_ROLES,
  type Gate,
  rolesIn,
  subjectName,
  type SubjectKind,
  type Viewer,
} from '@countersign/domain';
import { sha256Hex } from '@countersign/domain/digest';

import type { DecisionEntity } from '../decision/decision.entity.js';
import type { OpenVote } from '../signing/open-vote.js';

export type OpenRevision = { readonly requestId: string; readonly gate: SubjectKind; readonly revision: number; readonly digest: string };
export type VoteRules = {
  readonly open: OpenRevision;
  readonly projectId: string;
  readonly requesterId: string;
  readonly requesterMayApprove: boolean;
  /** What the voters are now, by id. */
  readonly people: ReadonlyMap<string, Viewer>;
  readonly openVote: OpenVote;
};

/** Why the stored bytes are no decision of this person on this very document; undefined where they are. */
export function envelopeFault(vote: DecisionEntity, open: OpenRevision, openVote: OpenVote): ErrorCode | undefined {
  const opened = openVote(vote);
  if (typeof opened === 'string') return opened;
  const { predicate } = opened;
  const [subject] = opened.subject;
  const isGenuine =
    sha256Hex(vote.envelope) === vote.envelopeSha256 &&
    subject.name === subjectName(vote.requestId, vote.gate, vote.revision) &&
    subject.digest.sha256 === vote.digest &&
    predicate.request === vote.requestId &&
    predicate.gate === vote.gate &&
    predicate.revision === vote.revision &&
    predicate.verdict === vote.verdict &&
    predicate.actor.kind === 'person' &&
    predicate.actor.id === vote.actor;
  if (!isGenuine) return 'VOTE_MISMATCH';
  if (vote.requestId !== open.requestId || vote.gate !== open.gate) return 'VOTE_MISMATCH';
  if (vote.revision !== open.revision) return 'STALE_REVISION';
  return vote.digest === open.digest ? undefined : 'STALE_DIGEST';
}

/** Whether a stored vote counts at this moment. */
export function voteFault(vote: DecisionEntity, rules: VoteRules): ErrorCode | undefined {
  const fault = envelopeFault(vote, rules.open, rules.openVote);
  if (fault) return fault;
  const person = rules.people.get(vote.actor);
  if (!person?.active) return 'ACTOR_INACTIVE';
  const counting = GATE_ROLES[rules.open.gate as Gate];
  if (!rolesIn(person.grants, rules.projectId).some((role) => counting.includes(role))) return 'ROLE_MISSING';
  if (vote.actor === rules.requesterId && !rules.requesterMayApprove) return 'OWN_REQUEST';
  return undefined;
}

export type Tally =
  | { readonly outcome: 'passed' | 'open'; readonly approvals: readonly DecisionEntity[] }
  | { readonly outcome: 'rejected' | 'changes'; readonly by: DecisionEntity };

/** What verified votes, oldest first, decide. The first that is no approval decides alone. */
export function tally(verified: readonly DecisionEntity[], required: number): Tally {
  const against = verified.find(({ verdict }) => verdict !== 'approve');
  if (against) return { outcome: against.verdict === 'reject' ? 'rejected' : 'changes', by: against };
  const byPerson = new Map(verified.map((vote) => [vote.actor, vote]));
  const approvals = [...byPerson.values()];
  return { outcome: approvals.length >= Math.max(1, required) ? 'passed' : 'open', approvals };
}
