import type { ErrorCode, Gate, SubjectKind, Viewer } from '@countersign/domain';

import type { DecisionEntity } from '../decision/decision.entity.js';
import type { Guards } from '../guards.js';
import type { GateContext } from '../lifecycle/move.js';
import type { ProjectView } from '../people/projects.port.js';
import type { RequestEntity } from '../request/request.entity.js';
import type { OpenVote } from '../signing/open-vote.js';
import type { GateRevisionEntity } from './gate-revision.entity.js';

export type OpenRevision = { readonly requestId: string; readonly gate: SubjectKind; readonly revision: number; readonly digest: string };
export type VoteGuards = Pick<Guards, 'isGenuine' | 'revisionFault' | 'isActive' | 'holdsRole' | 'isOthers'>;
export type VoteRules = {
  readonly open: OpenRevision;
  readonly projectId: string;
  readonly requesterId: string;
  readonly requesterMayApprove: boolean;
  /** What the voters are now, by id. */
  readonly people: ReadonlyMap<string, Viewer>;
  readonly openVote: OpenVote;
  readonly guards: VoteGuards;
};

/** Against which votes on this revision are held: the project's settings and what the voters are, both as of now. */
export function voteRules(
  { openVote, guards }: Pick<GateContext, 'openVote' | 'guards'>,
  row: Pick<RequestEntity, 'id' | 'projectId' | 'requesterId'>,
  { gate, revision, digest }: Pick<GateRevisionEntity, 'gate' | 'revision' | 'digest'>,
  { project, people }: { readonly project: ProjectView; readonly people: readonly Viewer[] },
): VoteRules {
  return {
    open: { requestId: row.id, gate, revision, digest },
    projectId: row.projectId,
    requesterId: row.requesterId,
    requesterMayApprove: project.settings.requesterMayApprove,
    people: new Map(people.map((person) => [person.personId, person])),
    openVote,
    guards,
  };
}

/** Why the stored bytes are no decision of this person on this very document; undefined where they are. */
export function envelopeFault(vote: DecisionEntity, open: OpenRevision, openVote: OpenVote, guards: Pick<VoteGuards, 'isGenuine' | 'revisionFault'>): ErrorCode | undefined {
  const opened = openVote(vote);
  if (typeof opened === 'string') return opened;
  if (!guards.isGenuine(vote, opened)) return 'VOTE_MISMATCH';
  if (vote.requestId !== open.requestId || vote.gate !== open.gate) return 'VOTE_MISMATCH';
  return guards.revisionFault(vote, open);
}

/** Whether a stored vote counts at this moment. */
export function voteFault(vote: DecisionEntity, { guards, ...rules }: VoteRules): ErrorCode | undefined {
  const fault = envelopeFault(vote, rules.open, rules.openVote, guards);
  if (fault) return fault;
  const person = rules.people.get(vote.actor);
  if (!person || !guards.isActive(person)) return 'ACTOR_INACTIVE';
  if (!guards.holdsRole(person, rules.open.gate as Gate, rules.projectId)) return 'ROLE_MISSING';
  return guards.isOthers(vote.actor, { id: rules.requesterId, mayApprove: rules.requesterMayApprove }) ? undefined : 'OWN_REQUEST';
}

export type Tally =
  | { readonly outcome: 'passed' | 'open'; readonly approvals: readonly DecisionEntity[] }
  | { readonly outcome: 'rejected' | 'changes'; readonly by: DecisionEntity };

/** What verified votes, oldest first, decide. The first that is no approval decides alone. */
export function tally(verified: readonly DecisionEntity[], required: number, distinct: Guards['distinctPeople']): Tally {
  const against = verified.find(({ verdict }) => verdict !== 'approve');
  if (against) return { outcome: against.verdict === 'reject' ? 'rejected' : 'changes', by: against };
  const approvals = distinct(verified);
  return { outcome: approvals.length >= Math.max(1, required) ? 'passed' : 'open', approvals };
}
