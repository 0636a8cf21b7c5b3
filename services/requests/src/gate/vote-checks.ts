import { type DecisionStatement, type ErrorCode, subjectName } from '@countersign/domain';
import { sha256Hex } from '@countersign/domain/digest';

import type { DecisionEntity } from '../decision/decision.entity.js';

type Revised = Pick<DecisionEntity, 'revision' | 'digest'>;

/** The row says what its signed bytes say: the same request, gate, revision, content, verdict and person. */
export function isGenuine(vote: DecisionEntity, { predicate, subject: [subject] }: DecisionStatement): boolean {
  return (
    sha256Hex(vote.envelope) === vote.envelopeSha256 &&
    subject.name === subjectName(vote.requestId, vote.gate, vote.revision) &&
    subject.digest.sha256 === vote.digest &&
    predicate.request === vote.requestId &&
    predicate.gate === vote.gate &&
    predicate.revision === vote.revision &&
    predicate.verdict === vote.verdict &&
    predicate.actor.kind === 'person' &&
    predicate.actor.id === vote.actor
  );
}

/** Why a vote is not about the revision that is open now: another number, or another document under it. */
export function revisionFault(vote: Revised, open: Revised): ErrorCode | undefined {
  if (vote.revision !== open.revision) return 'STALE_REVISION';
  return vote.digest === open.digest ? undefined : 'STALE_DIGEST';
}

/** One vote of each person, the latest. */
export function distinctPeople<Vote extends Pick<DecisionEntity, 'actor'>>(votes: readonly Vote[]): readonly Vote[] {
  return [...new Map(votes.map((vote) => [vote.actor, vote])).values()];
}
