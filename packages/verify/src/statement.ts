import { isSignedBy, openEnvelope } from './envelope.js';
import { VerifyFault } from './fault.js';
import { keyFault, type KeyFault, type KeyList, publicKeyOf } from './key-list.js';
import { anything, hex, integer, list, malformed, object, oneOf, orNull, parseCanonicalBytes, string, text as nonEmpty, time } from './strict.js';

export const STATEMENT_PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const DECISION = 'https://countersign.dev/attestations/decision/v1';
const GATE_PASSED = 'https://countersign.dev/attestations/gate-passed/v1';

const readGate = oneOf('spec', 'plan', 'diff', 'merge', 'budget');
const readPerson = object({ kind: oneOf('person'), id: nonEmpty, issuer: nonEmpty, subject: nonEmpty });
const readRule = object({ kind: oneOf('policy', 'gate-off'), id: nonEmpty, inputsSha256: hex(32) });

type StatementActor = ReturnType<typeof readPerson> | ReturnType<typeof readRule>;

const readActor = (value: unknown, where: string): StatementActor =>
  (value as { kind?: unknown } | null)?.kind === 'person' ? readPerson(value, where) : readRule(value, where);

const readDecision = object(
  {
    verdict: oneOf('approve', 'reject', 'request-changes'),
    gate: readGate,
    request: nonEmpty,
    revision: integer(0),
    actor: readActor,
    roles: list(nonEmpty),
    channel: oneOf('console', 'cli', 'api', 'policy'),
    authentication: object({ acr: orNull(string), amr: list(string), authTime: orNull(integer(0)) }),
    at: time,
    reasonSha256: orNull(hex(32)),
    policyVersion: string,
    policyIds: list(string),
    nonce: hex(16),
  },
  { delegation: anything, risk: anything, override: anything },
);

const readPassed = object({
  gate: readGate,
  request: nonEmpty,
  revision: integer(0),
  decisions: list(hex(32), 1),
  policyVersion: string,
  at: time,
  nonce: hex(16),
});

const subjects = list(object({ name: nonEmpty, digest: object({ sha256: hex(32) }) }), 1, 1);
const statementType = oneOf('https://in-toto.io/Statement/v1');

const readDecisionStatement = object({ _type: statementType, subject: subjects, predicateType: oneOf(DECISION), predicate: readDecision });
const readGatePassedStatement = object({ _type: statementType, subject: subjects, predicateType: oneOf(GATE_PASSED), predicate: readPassed });

export type DecisionStatement = ReturnType<typeof readDecisionStatement>;
export type GatePassedStatement = ReturnType<typeof readGatePassedStatement>;
export type Statement = DecisionStatement | GatePassedStatement;

export const isDecision = (statement: Statement): statement is DecisionStatement => statement.predicateType === DECISION;

/** The one subject of a statement; its shape was checked. */
export function subjectOf({ subject }: Statement): { readonly name: string; readonly digest: { readonly sha256: string } } {
  return subject[0] ?? malformed('statement.subject', 'is empty');
}

/**
 * Reads the payload of a decision or gate-passed envelope.
 *
 * @throws VerifyFault NOT_CANONICAL or MALFORMED.
 */
export function readStatement(payload: Buffer, where = 'statement'): Statement {
  const value = parseCanonicalBytes(payload, where);
  const type = (value as { predicateType?: unknown } | null)?.predicateType;
  const statement = type === GATE_PASSED ? readGatePassedStatement(value, where) : readDecisionStatement(value, where);
  const { request, gate, revision } = statement.predicate;
  if (subjectOf(statement).name !== `request/${request}/${gate}/${revision}`) malformed(`${where}.subject`, 'is not named as its predicate says');
  return statement;
}

const SENTENCES: Readonly<Record<KeyFault, string>> = {
  KEY_UNKNOWN: 'is in no key list',
  KEY_PURPOSE: 'is listed for another purpose',
  KEY_REVOKED: 'is revoked as compromised, and this signature does not lie within the good part of the log',
  KEY_NOT_VALID_THEN: 'was not valid at the stated time',
};

export function refuseKey(fault: KeyFault, keyid: string, where: string): never {
  throw new VerifyFault(fault, where, `${where} is signed by the key ${keyid}, which ${SENTENCES[fault]}`);
}

/** Where in a log an envelope lies; without it a signature by a compromised key never counts. */
export type LogPlace = { readonly origin?: string; readonly index?: number };

/**
 * The statement in an envelope, once its signature is found to be one that counts.
 *
 * @throws VerifyFault naming what does not hold.
 */
export function verifyStatementEnvelope(text: string, keys: KeyList, place: LogPlace, where = 'envelope'): Statement {
  const envelope = openEnvelope(text, where);
  if (envelope.payloadType !== STATEMENT_PAYLOAD_TYPE) malformed(where, `has payload type ${envelope.payloadType} and is no statement`);
  const publicKey = publicKeyOf(keys, envelope.keyid);
  if (!publicKey) return refuseKey('KEY_UNKNOWN', envelope.keyid, where);
  if (!isSignedBy(envelope, publicKey)) throw new VerifyFault('SIGNATURE_INVALID', where, `${where} does not have the signature of the key that it names`);
  const statement = readStatement(envelope.payload, where);
  const fault = keyFault(keys, envelope.keyid, { purpose: 'decision', at: statement.predicate.at, ...place });
  return fault ? refuseKey(fault, envelope.keyid, where) : statement;
}
