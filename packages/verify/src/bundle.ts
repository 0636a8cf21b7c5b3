import { type Checkpoint, tenantOf, verifyCheckpoint } from './checkpoint.js';
import { type LogEntry, readLogEntry } from './entry.js';
import { type FaultCode, VerifyFault } from './fault.js';
import { isSuccessor, type KeyList, readKeyList, rootOf } from './key-list.js';
import { isConsistent, isIncluded, leafHash } from './merkle.js';
import { isDecision, type Statement, subjectOf, verifyStatementEnvelope } from './statement.js';
import { anything, base64, hex, integer, list, malformed, object, oneOf, orNull, parseCanonical, parseCanonicalBytes, type Read, record, sha256, text as nonEmpty, utf8 } from './strict.js';

export type VerifyOptions = {
  /** The pinned root key, raw 32 bytes. Without it a bundle is self-consistent at best. */
  readonly root?: Uint8Array;
  /** The number of the newest key list that was ever seen. */
  readonly minNumber?: number;
  /** The bytes of a checkpoint that was kept outside. */
  readonly earlierCheckpoint?: string;
};

export type VerifiedDecision = {
  readonly index: number;
  readonly request: string;
  readonly gate: string;
  readonly revision: number;
  readonly verdict: string;
  /** A person's id, or what the policy or the switched-off gate calls itself. */
  readonly actor: string;
  readonly actorKind: string;
  readonly at: string;
  readonly digest: string;
};

export type BundleVerdict = {
  readonly result: 'verified' | 'self-consistent' | 'failed';
  readonly exitCode: 0 | 7 | 8;
  /** SHA-256 hex of the raw root key; this and the next two are null where the bundle failed. */
  readonly rootFingerprint: string | null;
  readonly origin: string | null;
  readonly size: number | null;
  readonly entries: number;
  readonly decisions: readonly VerifiedDecision[];
  readonly erased: readonly number[];
  readonly notes: readonly string[];
  readonly fault?: { readonly code: FaultCode; readonly where: string; readonly message: string };
};

const digest: Read<Buffer> = (value, where) => Buffer.from(hex(32)(value, where), 'hex');
const proof = list(digest, 0, 64);

const readBundle = object({
  type: oneOf('https://countersign.dev/bundle/v1'),
  keys: list(nonEmpty, 1),
  checkpoint: nonEmpty,
  consistency: orNull(object({ checkpoint: nonEmpty, proof })),
  entries: list(object({ index: integer(0), entry: base64(), payload: orNull(base64()), proof }), 1),
  subjects: list(base64()),
});
type Bundle = ReturnType<typeof readBundle>;

/** An entry that is in the log; its statement is known once its envelope was verified. */
type Found = { readonly index: number; readonly where: string; readonly entry: LogEntry; readonly payload: Buffer | null; readonly statement?: Statement };

function judgeKeys(texts: readonly string[], { root: pinned, minNumber = 1 }: VerifyOptions): { readonly root: Buffer; readonly keys: KeyList } {
  const root = Buffer.from(pinned ?? rootOf(texts[0] ?? '', 'keys[0]'));
  const [first, ...rest] = texts.map((text, index) => readKeyList(text, root, `keys[${index}]`));
  let keys = first ?? malformed('keys', 'is empty');
  for (const later of rest) {
    if (!isSuccessor(keys, later)) throw new VerifyFault('KEY_LIST_BROKEN', 'keys', `Key list ${later.number} does not follow from key list ${keys.number}`);
    keys = later;
  }
  if (keys.number < minNumber) throw new VerifyFault('KEY_LIST_OLD', 'keys', `Key list ${keys.number} is older than list ${minNumber}, which is known`);
  return { root, keys };
}

function judgeConsistency({ consistency, checkpoint: note }: Bundle, head: Checkpoint, keys: KeyList, given: string | undefined): void {
  const where = 'consistency';
  if (consistency) {
    const earlier = verifyCheckpoint(consistency.checkpoint, keys, `${where}.checkpoint`);
    const holds =
      earlier.origin === head.origin &&
      earlier.size >= 1 &&
      isConsistent({ from: earlier.size, to: head.size, fromRoot: earlier.root, toRoot: head.root, proof: consistency.proof });
    if (!holds) throw new VerifyFault('LOG_INCONSISTENT', where, `The log of ${head.size} entries does not start with the ${earlier.size} entries of the earlier checkpoint`);
  }
  if (given !== undefined && given !== note && given !== consistency?.checkpoint) {
    throw new VerifyFault('EARLIER_CHECKPOINT_MISSING', where, 'The bundle does not show that its log continues the given checkpoint: export it again with that checkpoint');
  }
}

function findEntry({ index, entry: bytes, payload, proof }: Bundle['entries'][number], head: Checkpoint, tenant: string): Found {
  const where = `entry ${index}`;
  const entry = readLogEntry(bytes, where);
  if (!isIncluded({ index, size: head.size, leaf: leafHash(bytes), proof, root: head.root })) {
    throw new VerifyFault('ENTRY_NOT_IN_LOG', where, `${where} is not in the log that the checkpoint states`);
  }
  if (entry.tenant !== tenant) throw new VerifyFault('TENANT_MISMATCH', where, `${where} belongs to another tenant than the log`);
  return { index, where, entry, payload };
}

function judgePayloadHash({ where, entry, payload }: Found): void {
  if (payload && sha256(payload).toString('hex') !== entry.payload) {
    throw new VerifyFault('PAYLOAD_MISMATCH', where, `The payload of ${where} is not the one that was logged`);
  }
}

function judgeAgreement({ where, entry }: Found, statement: Statement): void {
  const { request, at } = statement.predicate;
  const actor = isDecision(statement) && statement.predicate.actor.kind === 'person' ? statement.predicate.actor.id : undefined;
  const agrees =
    entry.type === (isDecision(statement) ? 'decision' : 'gate-passed') &&
    entry.at === at &&
    entry.request === request &&
    entry.subject === subjectOf(statement).name &&
    entry.actor === actor;
  if (!agrees) throw new VerifyFault('STATEMENT_MISMATCH', where, `${where} says something else than the statement that it holds`);
}

const readSalted = record(anything);

function judgePayload(found: Found, origin: string, root: Buffer, keys: KeyList): Found {
  const { index, where, entry, payload } = found;
  if (!payload) return found;
  const text = utf8(payload, where);
  if (entry.type === 'decision' || entry.type === 'gate-passed') {
    const statement = verifyStatementEnvelope(text, keys, { origin, index }, where);
    judgeAgreement(found, statement);
    return { ...found, statement };
  }
  if (entry.type === 'keys') {
    const { number } = readKeyList(text, root, where);
    if (number > keys.number) throw new VerifyFault('KEY_LIST_OLD', where, `${where} holds key list ${number}, and the bundle leaves out every list after ${keys.number}`);
    return found;
  }
  hex(16)(readSalted(parseCanonical(text, where), where)['salt'], `${where}.salt`);
  return found;
}

/** Whether what a passed gate rests on is here; gives the indexes of gates that rest on erased decisions. */
function judgeGates(entries: readonly Found[]): readonly number[] {
  const decisions = new Map(entries.filter(({ entry }) => entry.type === 'decision').map((found) => [found.entry.payload, found]));
  return entries.flatMap(({ index, where, statement }) => {
    if (!statement || isDecision(statement)) return [];
    const subject = subjectOf(statement);
    const named = statement.predicate.decisions.map((hash) => decisions.get(hash));
    const isFounded = named.every((found) => {
      if (!found?.statement) return found?.entry.subject === subject.name;
      const its = subjectOf(found.statement);
      return isDecision(found.statement) && found.statement.predicate.verdict === 'approve' && its.name === subject.name && its.digest.sha256 === subject.digest.sha256;
    });
    if (!isFounded) throw new VerifyFault('GATE_NOT_FOUNDED', where, `${where} says that a gate was passed, but not every decision that it names is an approval of the same content in this bundle`);
    return named.some((found) => !found?.statement) ? [index] : [];
  });
}

function judgeSubjects(subjects: readonly Buffer[], entries: readonly Found[]): void {
  const stated = new Map(entries.flatMap(({ where, statement }) => (statement ? [[subjectOf(statement).digest.sha256, where]] : [])));
  let before = '';
  subjects.forEach((document, index) => {
    const where = `subjects[${index}]`;
    const hash = sha256(document).toString('hex');
    if (hash <= before) malformed(where, 'is not in ascending order of its digest');
    before = hash;
    if (!stated.delete(hash)) throw new VerifyFault('SUBJECT_UNKNOWN', where, `${where} is the subject of no statement in this bundle`);
    parseCanonicalBytes(document, where);
  });
  for (const [hash, where] of stated) throw new VerifyFault('SUBJECT_MISSING', where, `The document with digest ${hash}, which ${where} is about, is missing`);
}

function decisionsOf(entries: readonly Found[]): readonly VerifiedDecision[] {
  return entries.flatMap(({ index, statement }) => {
    if (!statement || !isDecision(statement)) return [];
    const { request, gate, revision, verdict, actor, at } = statement.predicate;
    return [{ index, request, gate, revision, verdict, actor: actor.id, actorKind: actor.kind, at, digest: subjectOf(statement).digest.sha256 }];
  });
}

function verify(text: string, options: VerifyOptions): BundleVerdict {
  const bundle = readBundle(parseCanonical(text, 'bundle'), 'bundle');
  bundle.entries.forEach(({ index }, at, all) => {
    if (at > 0 && index <= (all[at - 1]?.index ?? -1)) malformed(`bundle.entries[${at}]`, 'is not in ascending order of its index');
  });
  const { root, keys } = judgeKeys(bundle.keys, options);
  const head = verifyCheckpoint(bundle.checkpoint, keys);
  judgeConsistency(bundle, head, keys, options.earlierCheckpoint);
  const tenant = tenantOf(head.origin);
  const found = bundle.entries.map((entry) => findEntry(entry, head, tenant));
  found.forEach(judgePayloadHash);
  const entries = found.map((entry) => judgePayload(entry, head.origin, root, keys));
  const unjudged = judgeGates(entries);
  judgeSubjects(bundle.subjects, entries);

  const erased = entries.filter(({ payload }) => payload === null).map(({ index }) => index);
  const notes = [
    options.root === undefined && 'No pinned root key was given. The bundle agrees with its own keys only, which anybody can make.',
    options.earlierCheckpoint === undefined && 'No earlier checkpoint was given: that the log was cut short or rewritten before this export was not ruled out.',
    entries.length < head.size && 'The bundle holds a part of the log. That it has every entry of its request or time is not shown by it.',
    erased.length > 0 && `Payload erased in ${erased.length} of ${entries.length} entries. That they were logged still holds; what they said is not shown.`,
    unjudged.length > 0 && `Whether the gates passed at entry ${unjudged.join(', ')} rest on approvals was not judged: decisions that they name are erased.`,
  ].filter((note) => note !== false);
  const verified = options.root !== undefined;
  return {
    result: verified ? 'verified' : 'self-consistent',
    exitCode: verified ? 0 : 7,
    rootFingerprint: sha256(root).toString('hex'),
    origin: head.origin,
    size: head.size,
    entries: entries.length,
    decisions: decisionsOf(entries),
    erased,
    notes,
  };
}

/** Checks a bundle offline, in a fixed order, and names the first thing that does not hold. Never throws. */
export function verifyBundle(text: string, options: VerifyOptions = {}): BundleVerdict {
  try {
    return verify(text, options);
  } catch (error) {
    const { code, where, message } = error instanceof VerifyFault ? error : new VerifyFault('INTERNAL', 'bundle', `The bundle could not be judged: ${String(error)}`);
    const nothing = { rootFingerprint: null, origin: null, size: null, entries: 0, decisions: [], erased: [], notes: [] };
    return { result: 'failed', exitCode: 8, ...nothing, fault: { code, where, message } };
  }
}
