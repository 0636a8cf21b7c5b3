import { randomBytes, randomUUID } from 'node:crypto';

import {
  type Channel,
  DECISION_PREDICATE,
  type DecisionActor,
  type DecisionPredicate,
  type DecisionStatement,
  GATE_PASSED_PREDICATE,
  type Role,
  STATEMENT_TYPE,
  type SubjectKind,
  subjectName,
  type Verdict,
} from '@countersign/domain';
import { sha256Hex, updateIdOf } from '@countersign/domain/digest';

import type { Seal } from '../signing/key-ring.js';
import type { DecisionEntity } from './decision.entity.js';

export type DecisionDraft = {
  readonly tenantId: string;
  readonly requestId: string;
  readonly gate: SubjectKind;
  readonly revision: number;
  readonly digest: string;
  readonly verdict: Verdict;
  readonly actor: DecisionActor;
  readonly roles: readonly Role[];
  readonly channel: Channel;
  readonly authentication: DecisionPredicate['authentication'];
  readonly reason: string | null;
  readonly policyVersion: string;
  readonly policyIds: readonly string[];
  readonly at: Date;
};

const nonce = (): string => randomBytes(16).toString('hex');

/** The stored decision: the statement signed in its envelope and the row round it, made once. */
export async function makeDecision(draft: DecisionDraft, seal: Seal): Promise<DecisionEntity> {
  const { tenantId, requestId, gate, revision, digest, verdict, actor, reason, channel, policyVersion, policyIds, at } = draft;
  const reasonSalt = reason === null ? null : nonce();
  const statement: DecisionStatement = {
    _type: STATEMENT_TYPE,
    subject: [{ name: subjectName(requestId, gate, revision), digest: { sha256: digest } }],
    predicateType: DECISION_PREDICATE,
    predicate: {
      verdict,
      gate,
      request: requestId,
      revision,
      actor,
      roles: draft.roles,
      channel,
      authentication: draft.authentication,
      at: at.toISOString(),
      reasonSha256: reason === null ? null : sha256Hex(`${reasonSalt}${reason}`),
      policyVersion,
      policyIds,
      nonce: nonce(),
    },
  };
  const envelope = await seal(statement);
  const isPerson = actor.kind === 'person';
  return {
    id: randomUUID(),
    tenantId,
    requestId,
    gate,
    revision,
    digest,
    actor: isPerson ? actor.id : actor.kind,
    actorKind: actor.kind,
    verdict,
    envelope,
    envelopeSha256: sha256Hex(envelope),
    updateId: updateIdOf(envelope),
    status: isPerson ? 'recorded' : 'counted',
    code: null,
    live: true,
    delivered: !isPerson,
    reason,
    reasonSalt,
    channel,
    amr: draft.authentication.amr,
    policyVersion,
    policyIds,
    at,
  };
}

export type PassedDraft = {
  readonly requestId: string;
  readonly gate: SubjectKind;
  readonly revision: number;
  readonly digest: string;
  readonly decisions: readonly Pick<DecisionEntity, 'envelopeSha256'>[];
  readonly policyVersion: string;
  readonly at: Date;
};

/** What requests states when a gate closed in favour: which content, by which decisions. */
export function passedEnvelope({ requestId, gate, revision, digest, decisions, policyVersion, at }: PassedDraft, seal: Seal): Promise<string> {
  return seal({
    _type: STATEMENT_TYPE,
    subject: [{ name: subjectName(requestId, gate, revision), digest: { sha256: digest } }],
    predicateType: GATE_PASSED_PREDICATE,
    predicate: {
      gate,
      request: requestId,
      revision,
      at: at.toISOString(),
      decisions: decisions.map(({ envelopeSha256 }) => envelopeSha256),
      policyVersion,
      nonce: nonce(),
    },
  });
}
