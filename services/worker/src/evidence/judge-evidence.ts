import type { requestsRpc, RpcOutput } from '@countersign/contracts';
import { type DecisionEvidence, DECISION_PREDICATE, type DecisionStatement, type Evidence, type Gate, type GateEvidence, type GatePassedFact, GATE_PASSED_PREDICATE, type GatePassedStatement, subjectName } from '@countersign/domain';
import { type KeyList, VerifyFault, verifyStatementEnvelope } from '@countersign/verify';

export type StoredEvidence = RpcOutput<typeof requestsRpc, 'activity.evidence'>;
type StoredGate = StoredEvidence['gates'][number];
type Place = StoredGate['decisions'][number]['place'];

/**
 * What of the stored evidence the signatures bear out. Everything that an effect is judged by is taken from signed
 * statements; what no key of the list signed for this request and gate counts for nothing.
 */
export function judgeEvidence({ requestId, requester, requesterMayApprove, policyVersion, logFault, gates }: StoredEvidence, list: KeyList): Evidence {
  return { requestId, requester, requesterMayApprove, policyVersion, logFault, gates: gates.map((gate) => judgeGate(requestId, gate, list)) };
}

function judgeGate(requestId: string, { gate, setting, revision, digest, required, decisions, passed }: StoredGate, list: KeyList): GateEvidence {
  const fact = passed && passedFact(requestId, gate, passed, list);
  return { gate, setting, revision, digest, required, decisions: decisions.flatMap((vote) => decision(requestId, gate, vote, list) ?? []), ...(fact && { passed: fact }) };
}

function decision(requestId: string, gate: Gate, { id, envelope, place, live, standing }: StoredGate['decisions'][number], list: KeyList): DecisionEvidence | undefined {
  const statement = opened(envelope, place, list);
  if (statement?.predicateType !== DECISION_PREDICATE || !isAbout(statement, requestId, gate)) return undefined;
  const { verdict, revision, policyVersion, actor } = statement.predicate;
  return {
    id,
    verdict,
    revision,
    digest: statement.subject[0].digest.sha256,
    live,
    isLogged: place !== null,
    policyVersion,
    actor: actor.kind === 'person' ? { kind: 'person', id: actor.id, active: standing?.active ?? false, roles: standing?.roles ?? [] } : { kind: actor.kind },
  };
}

function passedFact(requestId: string, gate: Gate, { envelope, place }: NonNullable<StoredGate['passed']>, list: KeyList): GatePassedFact | undefined {
  const statement = opened(envelope, place, list);
  if (statement?.predicateType !== GATE_PASSED_PREDICATE || !isAbout(statement, requestId, gate)) return undefined;
  return { gate, revision: statement.predicate.revision, digest: statement.subject[0].digest.sha256, isLogged: place !== null };
}

function isAbout({ predicate, subject }: DecisionStatement | GatePassedStatement, requestId: string, gate: Gate): boolean {
  return predicate.request === requestId && predicate.gate === gate && subject[0].name === subjectName(requestId, gate, predicate.revision);
}

function opened(envelope: string, place: Place, list: KeyList): DecisionStatement | GatePassedStatement | undefined {
  try {
    return verifyStatementEnvelope(envelope, list, place ?? {}) as DecisionStatement | GatePassedStatement;
  } catch (error) {
    if (error instanceof VerifyFault) return undefined;
    throw error;
  }
}
