/** Words for decisions. The console and the CLI hold this file in the same words: a spec compares them. */

type Verb = 'approve' | 'reject' | 'request_changes';

const ACTS: Readonly<Record<Verb, readonly [verb: string, past: string, to: string]>> = {
  approve: ['approve', 'approved', ''],
  request_changes: ['request changes', 'asked for changes to', 'to '],
  reject: ['reject', 'rejected', ''],
};

/** What a person signs: `approve` `the plan, revision 2, of request r1`. */
export function actWords(verdict: Verb, gate: string, revision: number, requestId: string): readonly [verb: string, object: string] {
  const [verb, , to] = ACTS[verdict];
  return [verb, `${to}the ${gate}, revision ${revision}, of request ${requestId}`];
}

type OfRevision = { readonly revision: number; readonly digest: string };
type Standing = { readonly revision: number; readonly digest: string | null };

/** Whether a decision is about something else than what the gate shows now. */
export function isOutdated(decision: OfRevision, gate: Standing): boolean {
  return gate.digest !== null && (decision.digest !== gate.digest || decision.revision !== gate.revision);
}

/** `approved revision 2 (outdated)`. */
export function pastWords(verdict: Verb, decision: OfRevision, gate: Standing): string {
  return `${ACTS[verdict][1]} revision ${decision.revision}${isOutdated(decision, gate) ? ' (outdated)' : ''}`;
}

type Cast = OfRevision & { readonly actor: string; readonly verdict: string; readonly status: string };
type Quorum = Standing & { readonly approvals: number; readonly required: number; readonly decisions: readonly Cast[] };

/** Who else must decide for a verdict to take effect. */
export function whoElse(verdict: Verb, gate: Quorum): string {
  if (verdict !== 'approve') return 'Nobody else has to agree: it takes effect by itself.';
  const names = gate.decisions
    .filter((decision) => decision.verdict === 'approve' && decision.status !== 'dropped' && !isOutdated(decision, gate))
    .map(({ actor }) => actor);
  const so = gate.approvals === 0 ? 'Nobody has approved this yet.' : `${gate.approvals} of ${gate.required} so far${names.length > 0 ? `: ${[...new Set(names)].join(', ')}` : ''}.`;
  const left = gate.required - gate.approvals - 1;
  if (left > 0) return `${so} After you ${left} other ${left === 1 ? 'person' : 'people'} must approve.`;
  return gate.required <= 1 ? 'Nobody else has to approve.' : `${so} After you nobody else has to approve.`;
}

const STATUSES: Readonly<Record<string, string>> = {
  recorded: 'recorded, not counted yet',
  counted: 'counted',
  dropped: 'dropped',
};

const CODES: Readonly<Record<string, string>> = {
  STALE_REVISION: 'it was about an earlier revision',
  STALE_DIGEST: 'it was about other content than what was open',
  GATE_CLOSED: 'the gate had closed',
  REQUEST_ENDED: 'the request had ended',
  ALREADY_VOTED: 'the same person had decided on it already',
  OWN_REQUEST: 'the person had asked for this change',
  ROLE_MISSING: 'the person did not hold a role that decides here',
  ACTOR_INACTIVE: 'the person was suspended',
  POLICY_CHANGED: 'the policy changed since',
  POLICY_DENIED: 'the policy did not allow it',
  VOTE_NOT_STORED: 'no such decision is stored',
  VOTE_MISMATCH: 'the stored decision is not what was signed',
  UPDATE_MALFORMED: 'it does not have the form of a decision',
  SIGNATURE_INVALID: 'the signature is not of this text',
  NOT_CANONICAL: 'the document is not in its one form',
  MALFORMED: 'the document does not have the form of a signed one',
  STATEMENT_MISMATCH: 'what is signed does not say what the entry says',
  KEY_UNKNOWN: 'the key is in no list of keys',
  KEY_PURPOSE: 'the key is for something else',
  KEY_REVOKED: 'the key was revoked as compromised',
  KEY_NOT_VALID_THEN: 'the key was not in force at that time',
  LOG_BROKEN: 'the log does not hold',
};

/** A code said in words; one that is not known stands for itself. */
export const codeWords = (code: string): string => CODES[code] ?? code;

type WithStatus = OfRevision & { readonly status: string; readonly code?: string | null };

/** `dropped: the person was suspended (ACTOR_INACTIVE)`. */
export function statusWords(decision: WithStatus, gate: Standing): string {
  const { status, code } = decision;
  const word = status === 'recorded' && isOutdated(decision, gate) ? 'recorded, never counted: a newer revision took its place' : (STATUSES[status] ?? status);
  if (!code) return word;
  return CODES[code] ? `${word}: ${CODES[code]} (${code})` : `${word} (${code})`;
}

/** Entries that stand for a signed document. */
const SIGNED_TYPES: ReadonlySet<string> = new Set(['decision', 'gate-passed', 'keys']);

export type SignatureState = 'valid' | 'bad' | 'erased' | 'none';
type SignedEntry = { readonly type: string; readonly signature: string | null };

export function signatureState({ type, signature }: SignedEntry): SignatureState {
  if (signature === null) return SIGNED_TYPES.has(type) ? 'erased' : 'none';
  return signature === 'valid' ? 'valid' : 'bad';
}

export function signatureWords(entry: SignedEntry): string {
  switch (signatureState(entry)) {
    case 'valid':
      return 'signature valid';
    case 'erased':
      return 'signed document erased';
    case 'none':
      return 'no signature';
    case 'bad':
      return `signature does not count: ${codeWords(entry.signature ?? '')}`;
  }
}

/** Whether an entry of the audit trail decides on a revision that is not the gate's newest any more. */
export function isOutdatedEntry({ type, entry }: { readonly type: string; readonly entry: string }, gates: readonly { readonly name: string; readonly revision: number }[]): boolean {
  if (type !== 'decision' && type !== 'gate-passed') return false;
  const [, name = '', revision = ''] = /"subject":"request\/[^"/]+\/([a-z]+)\/(\d+)"/.exec(entry) ?? [];
  return (gates.find((gate) => gate.name === name)?.revision ?? 0) > Number(revision);
}

/** Where the transparency log holds an entry. */
export function placeWords(place: { readonly index: number; readonly origin: string } | null): string {
  return place ? `entry ${place.index} of ${place.origin}` : 'not in the log yet';
}
