import { KEY_LIST_TYPE, STATEMENT_PAYLOAD_TYPE } from '../src/index.js';
import {
  aKeyPair,
  aRequestBundle,
  aRequestLog,
  type BundleEntry,
  type BundleValue,
  bundleText,
  canonical,
  consistencyProof,
  hashOf,
  type KeyPair,
  MADE_AT,
  MADE_ORIGIN,
  MadeLog,
  noteOf,
  sealed,
} from '../src/testing/index.js';

const JUST_AFTER = '2026-11-21T08:00:00.001Z';
const document = Buffer.from(canonical({ v: 1, text: 'What was shown' }));
const other = Buffer.from(canonical({ v: 1, text: 'Something else' }));
const mallory = aKeyPair('mallory');
const made = aRequestLog();

type Change<T> = (value: T) => void;
type Json = Record<string, unknown>;

function changed(change: Change<BundleValue>): string {
  const bundle = aRequestBundle(made);
  change(bundle);
  return bundleText(bundle);
}

function entryOf(bundle: BundleValue, name: string): BundleEntry {
  const found = bundle.entries.find(({ index }) => index === made.at[name]);
  if (!found) throw new Error(`The made bundle has no entry ${name}`);
  return found;
}

const swap = <K extends 'proof' | 'payload'>(member: K) =>
  changed((bundle) => {
    const [one, two] = [entryOf(bundle, 'plan 1'), entryOf(bundle, 'plan 2')];
    [one[member], two[member]] = [two[member], one[member]];
  });

/** A whole log of one decision and what `fill` enters; `keys` are published before it. */
function whole(fill: Change<MadeLog> = () => undefined, documents: readonly Buffer[] = [document], change: Change<BundleValue> = () => undefined, keys: Change<MadeLog> = (log) => void log.publish()): string {
  const log = new MadeLog();
  keys(log);
  log.decide({ gate: 'plan', document, person: 'person-ada' });
  fill(log);
  const bundle = log.bundle(log.entries.map((_, index) => index), documents);
  change(bundle);
  return bundleText(bundle);
}

type Over = Parameters<MadeLog['listed']>[2];
const withKeys = (decision: Over, logKey: Over = {}): string =>
  whole(undefined, undefined, undefined, (log) => void log.publish([log.listed(log.decisionKey, 'decision', decision), log.listed(log.logKey, 'log', logKey)]));
const compromised = (good: Record<string, number>): Over => ({ revoked: { from: MADE_AT, reason: 'compromised', good } });

/** A log whose second decision is in this envelope: whoever made it has the log key too. */
const withEnvelope = (envelope: (statement: Json, log: MadeLog) => string): string =>
  whole((log) => {
    const statement = log.decisionStatement({ gate: 'diff', document, person: 'person-bo' });
    log.append({ type: 'decision', at: MADE_AT, actor: 'person-bo', request: log.request, subject: `request/${log.request}/diff/1` }, envelope(statement, log));
  });
const signedBy = (key: (log: MadeLog) => KeyPair, keyid?: (log: MadeLog) => string): string =>
  withEnvelope((statement, log) => sealed(STATEMENT_PAYLOAD_TYPE, statement, key(log), keyid?.(log)));

/** The envelope of a good statement, whose payload was changed after it was signed. */
const editedAfter = (edit: Change<{ subject: { digest: Json }[]; predicate: Json }>): string =>
  withEnvelope((statement, log) => {
    const envelope = JSON.parse(sealed(STATEMENT_PAYLOAD_TYPE, statement, log.decisionKey)) as Json;
    edit(statement as Parameters<typeof edit>[0]);
    return canonical({ ...envelope, payload: Buffer.from(canonical(statement)).toString('base64') });
  });

const headBy = (key: KeyPair, over: object = {}): string => changed((bundle) => (bundle.checkpoint = noteOf({ ...made.log.checkpoint(), ...over }, key)));
const earlierOf = (checkpoint: string, proof?: string[]) => changed((bundle) => (bundle.consistency = { proof: proof ?? bundle.consistency?.proof ?? [], checkpoint }));
const listBy = (key: KeyPair, keyid?: string, change: Json = {}): string => {
  const list = { v: 1, number: 3, at: MADE_AT, root: made.log.root.publicKey.toString('base64'), keys: made.log.usualKeys(), ...change };
  return changed((bundle) => bundle.keys.push(sealed(KEY_LIST_TYPE, list, key, keyid)));
};

function consistentFrom(size: number): string {
  return bundleText(made.log.bundle(made.indexes, made.documents, size));
}

function proofOfAnotherTree(): string[] {
  const leaves = made.log.entries.map(({ entry }) => entry);
  leaves[3] = Buffer.from('another');
  return consistencyProof(20, leaves).map((hash) => hash.toString('hex'));
}

/** The same 68 bytes under the key hash of the log key, signed by another. */
function forgedNote(): string {
  const [ours, theirs] = [made.log.logKey, mallory].map((key) => noteOf(made.log.checkpoint(), key));
  const sealOf = (note = ''): Buffer => Buffer.from(note.slice(note.lastIndexOf(' ') + 1), 'base64');
  const seal = Buffer.concat([sealOf(ours).subarray(0, 4), sealOf(theirs).subarray(4)]).toString('base64');
  return (ours ?? '').replace(/ [^ ]+\n$/, ` ${seal}\n`);
}

const good = (text: string): { readonly text: string; readonly code: 'holds' } => ({ text, code: 'holds' });
export type Case = { readonly text: string; readonly code: string };

export const ROOT_KEY = made.log.root.publicKey;
/** Of the same log: the one that the request's bundle shows, and one that it does not. */
export const EARLIER = noteOf(made.log.checkpoint(20), made.log.logKey);
export const NOT_SHOWN = noteOf(made.log.checkpoint(21), made.log.logKey);

export const GOOD: Readonly<Record<string, Case>> = {
  'a request with an earlier checkpoint': good(bundleText(aRequestBundle(made))),
  'a request without one': good(changed((bundle) => (bundle.consistency = null))),
  'a whole log': good(whole((log) => log.pass('plan', document, [0]))),
  'a log of one entry': good(whole()),
  'a log of seven entries': good(whole((log) => Array.from({ length: 6 }, () => log.note('signed-in')))),
  ...Object.fromEntries([1, 2, 31, 32, 33, made.log.entries.length].map((size) => [`an earlier checkpoint of size ${size}`, good(consistentFrom(size))])),
  'an erased transition': good(changed((bundle) => (entryOf(bundle, 'created').payload = null))),
  'an erased decision under a passed gate': good(changed((bundle) => (entryOf(bundle, 'plan 1').payload = null))),
  'a decision before its key was superseded': good(withKeys({ to: JUST_AFTER, revoked: { from: JUST_AFTER, reason: 'superseded' } })),
  'compromised keys within the good part of the log': good(withKeys(compromised({ [MADE_ORIGIN]: 1 }), compromised({ [MADE_ORIGIN]: 1 }))),
  'a key list in the log': good(whole((log) => log.append({ type: 'keys', at: MADE_AT }, log.publish()))),
  'texts and numbers of many kinds': good(whole((log) => log.note('refused', { 'é\u{1F600}\uFB33': ['\u2028<&>\u0007"\\/\u007f', 0.1, 1e-7, 1e21, 333333333.3333333, -1.5, 0, true, null, {}] }))),
};

const bad = (code: string, text: string): Case => ({ code, text });

const BAD_FORM: Readonly<Record<string, Case>> = {
  'a line end after it': bad('NOT_CANONICAL', `${bundleText(aRequestBundle(made))}\n`),
  'a member twice': bad('NOT_CANONICAL', bundleText(aRequestBundle(made)).replace('"type":', '"type":"https://countersign.dev/bundle/v1","type":')),
  'a text that nests without end': bad('NOT_CANONICAL', '['.repeat(100_000)),
  'a text with half a character': bad('NOT_CANONICAL', '{"type":"\\ud800"}'),
  'a number without a value': bad('NOT_CANONICAL', '{"type":1e999}'),
  'an unknown member': bad('MALFORMED', changed((bundle) => Object.assign(bundle, { note: 'x' }))),
  'a known member in capitals': bad('MALFORMED', changed((bundle) => Object.assign(bundle, { Type: bundle.type }))),
  'upper-case hex': bad('MALFORMED', changed((bundle) => bundle.entries.forEach((entry) => (entry.proof = entry.proof.map((hash) => hash.toUpperCase()))))),
  'base64 that another text means too': bad('MALFORMED', changed((bundle) => (bundle.subjects = bundle.subjects.map((text) => text.replace(/=+$/, ''))))),
  'a duplicate entry': bad('MALFORMED', changed((bundle) => bundle.entries.splice(1, 0, ...bundle.entries.slice(0, 1)))),
  'entries out of order': bad('MALFORMED', changed((bundle) => bundle.entries.reverse())),
  'an index that is no integer': bad('MALFORMED', changed((bundle) => (entryOf(bundle, 'merge passed').index += 0.5))),
  'two signatures': bad('MALFORMED', withEnvelope((statement, log) => {
    const [one, two] = [log.decisionKey, mallory].map((key) => JSON.parse(sealed(STATEMENT_PAYLOAD_TYPE, statement, key)) as { signatures: unknown[] });
    return canonical({ ...one, signatures: [...(one?.signatures ?? []), ...(two?.signatures ?? [])] });
  })),
  'a checkpoint with one more line': bad('MALFORMED', changed((bundle) => (bundle.checkpoint += 'x\n'))),
  'a checkpoint with a second signature': bad('MALFORMED', changed((bundle) => (bundle.checkpoint += noteOf(made.log.checkpoint(), mallory).split('\n\n')[1] ?? ''))),
  'a checkpoint signed twice by the same key': bad('MALFORMED', changed((bundle) => (bundle.checkpoint += bundle.checkpoint.split('\n\n')[1] ?? ''))),
  'a document that is not its own RFC 8785 text': bad('NOT_CANONICAL', whole((log) => log.decide({ gate: 'diff', document: Buffer.from('{ "v": 1 }'), person: 'person-bo' }), [document, Buffer.from('{ "v": 1 }')])),
};

const BAD_KEYS: Readonly<Record<string, Case>> = {
  'a foreign signature': bad('KEY_UNKNOWN', signedBy(() => mallory)),
  'a foreign signature under our key id': bad('SIGNATURE_INVALID', signedBy(() => mallory, (log) => log.decisionKey.id)),
  'a decision by the log key': bad('KEY_PURPOSE', signedBy((log) => log.logKey)),
  'a compromised decision key': bad('KEY_REVOKED', withKeys(compromised({ [MADE_ORIGIN]: 0 }))),
  'a compromised decision key and another log named': bad('KEY_REVOKED', withKeys(compromised({ [`${MADE_ORIGIN}0`]: 9 }))),
  'a compromised log key': bad('KEY_REVOKED', withKeys({}, compromised({ [MADE_ORIGIN]: 0 }))),
  'a decision before its key': bad('KEY_NOT_VALID_THEN', withKeys({ from: JUST_AFTER })),
  'a decision after its key stopped': bad('KEY_NOT_VALID_THEN', withKeys({ to: MADE_AT })),
  'a decision after its key was superseded': bad('KEY_NOT_VALID_THEN', withKeys({ revoked: { from: MADE_AT, reason: 'superseded' } })),
  'a key list by another root': bad('ROOT_MISMATCH', listBy(mallory)),
  "a key list by another root under the root's id": bad('SIGNATURE_INVALID', listBy(mallory, made.log.root.id)),
  'a key list that names another root': bad('ROOT_MISMATCH', listBy(made.log.root, undefined, { root: mallory.publicKey.toString('base64') })),
  'a key list with a number again': bad('KEY_LIST_BROKEN', listBy(made.log.root, undefined, { number: 2 })),
  'a key list that lost a key': bad('KEY_LIST_BROKEN', listBy(made.log.root, undefined, { keys: [made.log.listed(made.log.logKey, 'log')] })),
  'a key under another id': bad('MALFORMED', listBy(made.log.root, undefined, { keys: [...made.log.usualKeys(), { ...made.log.listed(mallory, 'decision'), id: aKeyPair('x').id }] })),
  'key lists in the wrong order': bad('KEY_LIST_BROKEN', changed((bundle) => bundle.keys.reverse())),
  'a newer key list in its log': bad('KEY_LIST_OLD', whole((log) => log.append({ type: 'keys', at: MADE_AT }, log.publish()), undefined, (bundle) => bundle.keys.pop())),
};

const BAD_LOG: Readonly<Record<string, Case>> = {
  'another size in the checkpoint': bad('SIGNATURE_INVALID', changed((bundle) => (bundle.checkpoint = bundle.checkpoint.replace(`\n${made.log.entries.length}\n`, `\n${made.log.entries.length + 1}\n`)))),
  'another root hash in the checkpoint': bad('SIGNATURE_INVALID', changed((bundle) => (bundle.checkpoint = bundle.checkpoint.replace(/(?<=\n)[^\n]{44}(?=\n\n)/, Buffer.alloc(32).toString('base64'))))),
  'a checkpoint by another key': bad('KEY_UNKNOWN', headBy(mallory)),
  'a checkpoint by another key under our key hash': bad('SIGNATURE_INVALID', changed((bundle) => (bundle.checkpoint = forgedNote()))),
  'a checkpoint by the decision key': bad('KEY_PURPOSE', headBy(made.log.decisionKey)),
  'a checkpoint in the name of no log': bad('MALFORMED', headBy(made.log.logKey, { origin: 'countersign.example/tenant-1' })),
  'a consistency proof of another tree': bad('LOG_INCONSISTENT', earlierOf(EARLIER, proofOfAnotherTree())),
  'an earlier checkpoint with another root hash': bad('LOG_INCONSISTENT', earlierOf(noteOf({ ...made.log.checkpoint(20), root: Buffer.alloc(32) }, made.log.logKey))),
  'an earlier checkpoint of another log': bad('LOG_INCONSISTENT', earlierOf(noteOf({ ...made.log.checkpoint(20), origin: MADE_ORIGIN.replace(/1$/, '2') }, made.log.logKey))),
  'an earlier checkpoint by another key': bad('KEY_UNKNOWN', earlierOf(noteOf(made.log.checkpoint(20), mallory))),
  'an earlier checkpoint of nothing': bad('LOG_INCONSISTENT', earlierOf(noteOf(made.log.checkpoint(0), made.log.logKey), [])),
  'an earlier checkpoint that is later': bad('LOG_INCONSISTENT', earlierOf(noteOf({ ...made.log.checkpoint(), size: 999 }, made.log.logKey))),
  'swapped proofs': bad('ENTRY_NOT_IN_LOG', swap('proof')),
  'a truncated proof': bad('ENTRY_NOT_IN_LOG', changed((bundle) => entryOf(bundle, 'created').proof.pop())),
  'a proof with one hash more': bad('ENTRY_NOT_IN_LOG', changed((bundle) => entryOf(bundle, 'created').proof.push(hashOf('x')))),
  'another leaf index': bad('ENTRY_NOT_IN_LOG', changed((bundle) => (entryOf(bundle, 'created').index -= 1))),
  'an index beyond the log': bad('ENTRY_NOT_IN_LOG', changed((bundle) => (entryOf(bundle, 'merge passed').index += 1000))),
  'an edited entry': bad('ENTRY_NOT_IN_LOG', changed((bundle) => {
    const found = entryOf(bundle, 'plan 1');
    found.entry = Buffer.from(Buffer.from(found.entry, 'base64').toString().replace('person-ada', 'person-bob')).toString('base64');
  })),
  'an entry of another tenant': bad('TENANT_MISMATCH', whole((log) => log.append({ type: 'signed-in', at: MADE_AT, tenant: 'tenant-2' }, canonical({ salt: '0'.repeat(32) })))),
};

const BAD_CONTENT: Readonly<Record<string, Case>> = {
  'an edited verdict': bad('SIGNATURE_INVALID', editedAfter(({ predicate }) => (predicate['verdict'] = 'reject'))),
  'an edited digest': bad('SIGNATURE_INVALID', editedAfter(({ subject }) => subject.forEach(({ digest }) => (digest['sha256'] = hashOf(other))))),
  'the payload of another entry': bad('PAYLOAD_MISMATCH', swap('payload')),
  'a payload without its salt': bad('MALFORMED', whole((log) => log.append({ type: 'signed-in', at: MADE_AT }, '{}'))),
  'an entry that names another person than its decision': bad('STATEMENT_MISMATCH', whole((log) => log.enter(log.decisionStatement({ gate: 'diff', document, person: 'person-ada' }), log.decisionKey, { actor: 'person-bo' }))),
  'an entry that calls a decision a passed gate': bad('STATEMENT_MISMATCH', whole((log) => log.enter(log.decisionStatement({ gate: 'diff', document, person: 'person-ada' }), log.decisionKey, { type: 'gate-passed' }))),
  'an entry at another time than its decision': bad('STATEMENT_MISMATCH', whole((log) => log.enter(log.decisionStatement({ gate: 'diff', document }), log.decisionKey, { at: JUST_AFTER }))),
  'a passed gate on a rejection': bad('GATE_NOT_FOUNDED', whole((log) => log.pass('plan', document, [log.decide({ gate: 'plan', document, person: 'person-bo', verdict: 'reject' })]))),
  'a passed gate on an approval of something else': bad('GATE_NOT_FOUNDED', whole((log) => log.pass('plan', other, [0]), [document, other])),
  'a passed gate on an approval at another gate': bad('GATE_NOT_FOUNDED', whole((log) => log.pass('diff', document, [0]))),
  'a passed gate on an approval that was left out': bad('GATE_NOT_FOUNDED', changed((bundle) => bundle.entries.splice(bundle.entries.indexOf(entryOf(bundle, 'plan 2')), 1))),
  'a passed gate on an erased decision at another gate': bad('GATE_NOT_FOUNDED', whole((log) => log.pass('plan', document, [log.decide({ gate: 'diff', document, person: 'person-bo' })]), undefined, ({ entries }) => entries.forEach((entry) => entry.index === 1 && (entry.payload = null)))),
  'a missing subject': bad('SUBJECT_MISSING', changed((bundle) => bundle.subjects.pop())),
  'an extra subject': bad('SUBJECT_UNKNOWN', whole(undefined, [document, other])),
  'an edited subject': bad('SUBJECT_UNKNOWN', whole(undefined, [other])),
};

export const DAMAGED: Readonly<Record<string, Case>> = { ...BAD_FORM, ...BAD_KEYS, ...BAD_LOG, ...BAD_CONTENT };

/** The request's bundle with one byte changed, at places far apart. */
export function changedBytes(step: number): Readonly<Record<string, Case>> {
  const text = Buffer.from(bundleText(aRequestBundle(made)));
  const cases: Record<string, Case> = {};
  for (let at = 0; at < text.length; at += step) {
    const copy = Buffer.from(text);
    copy[at] = (copy[at] ?? 0) ^ 1;
    cases[`byte ${at} changed`] = bad('any', copy.toString('latin1'));
  }
  return cases;
}
