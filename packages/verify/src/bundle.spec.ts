import { describe, expect, it } from '@jest/globals';

import { type BundleVerdict, verifyBundle, type VerifyOptions } from './bundle.js';
import { verdictText } from './report.js';
import { aKeyPair, aRequestBundle, aRequestLog, bundleText, type BundleValue, canonical, hashOf, MADE_ORIGIN, type MadeRequest, MadeLog, noteOf, sealed } from './testing/index.js';
import { survivingChanges } from './testing/every-byte.js';

const document = Buffer.from('{"v":1}');
const made = aRequestLog();
const root = made.log.root.publicKey;

const judge = (value: unknown, options: VerifyOptions = { root }): BundleVerdict => verifyBundle(bundleText(value), options);
const codeOf = (value: unknown, options?: VerifyOptions): string | undefined => judge(value, options).fault?.code;
const changed = (change: (bundle: BundleValue) => void): BundleValue => {
  const bundle = aRequestBundle(made);
  change(bundle);
  return bundle;
};
const entryAt = (bundle: BundleValue, name: string, of: MadeRequest = made) => {
  const found = bundle.entries.find(({ index }) => index === of.at[name]);
  if (!found) throw new Error(`no entry ${name}`);
  return found;
};

/** A log with the usual keys, one decision and whatever `more` enters. */
function aSmallLog(more: (log: MadeLog) => void = () => undefined, log = new MadeLog()): { readonly log: MadeLog; readonly text: BundleValue } {
  log.publish();
  log.decide({ gate: 'plan', document, person: 'person-ada' });
  more(log);
  return { log, text: log.bundle(log.entries.map((_, index) => index), [document]) };
}

describe('a good bundle', () => {
  it('is verified under the pinned root', () => {
    const verdict = judge(aRequestBundle(made), { root, earlierCheckpoint: aRequestBundle(made).consistency?.checkpoint ?? '' });
    expect(verdict).toMatchObject({ result: 'verified', exitCode: 0, origin: MADE_ORIGIN, size: made.log.entries.length, entries: made.indexes.length, erased: [] });
    expect(verdict.decisions.map(({ gate, actor }) => `${gate} ${actor}`)).toEqual(['spec person-ada', 'plan person-ada', 'plan person-bo', 'diff diff/small', 'merge person-bo']);
    expect(verdict.notes).toEqual([expect.stringContaining('a part of the log')]);
    expect(verdictText(verdict)).toContain('Verified');
  });

  it('is consistent at best without a pinned root, and says so', () => {
    const verdict = judge(aRequestBundle(made), {});
    expect(verdict).toMatchObject({ result: 'self-consistent', exitCode: 7, rootFingerprint: hashOf(root) });
    expect(verdictText(verdict)).toContain('Not verified');
  });

  it('says that truncation was not ruled out where no earlier checkpoint was given', () => {
    expect(judge(aRequestBundle(made)).notes.join()).toContain('cut short');
    const { log, text } = aSmallLog();
    expect(judge(text, { root: log.root.publicKey, earlierCheckpoint: text.checkpoint })).toMatchObject({ result: 'verified', notes: [] });
  });

  it('stays good where payloads were erased, and lists them', () => {
    const bundle = changed((value) => {
      entryAt(value, 'created').payload = null;
      entryAt(value, 'plan 1').payload = null;
    });
    const verdict = judge(bundle);
    expect(verdict).toMatchObject({ result: 'verified', erased: [made.at['created'], made.at['plan 1']] });
    expect(verdict.notes.join()).toContain(`passed at entry ${made.at['plan passed']}`);
  });
});

describe('a bundle that does not hold', () => {
  it('is refused in another form than its own RFC 8785 text', () => {
    const text = bundleText(aRequestBundle(made));
    const refused = [`${text}\n`, ` ${text}`, `\uFEFF${text}`, text.replace('"type":', '"type":"x","type":'), '', '1e999', '{"a":"\\ud800"}', '['.repeat(100_000)];
    expect(refused.map((wrong) => verifyBundle(wrong, { root }).fault?.code)).toEqual(refused.map(() => 'NOT_CANONICAL'));
  });

  it.each<[string, (bundle: BundleValue) => void]>([
    ['an unknown member', (bundle) => Object.assign(bundle, { note: 'x' })],
    ['another type', (bundle) => (bundle.type = 'https://countersign.dev/bundle/v2')],
    ['no key list', (bundle) => (bundle.keys = [])],
    ['no entries', (bundle) => (bundle.entries = [])],
    ['entries out of order', (bundle) => bundle.entries.reverse()],
    ['an entry twice', (bundle) => bundle.entries.splice(1, 0, ...bundle.entries.slice(0, 1))],
    ['subjects out of order', (bundle) => bundle.subjects.reverse()],
    ['a subject twice', (bundle) => bundle.subjects.splice(1, 0, ...bundle.subjects.slice(0, 1))],
    ['upper-case hex in a proof', (bundle) => bundle.entries.forEach((entry) => (entry.proof = entry.proof.map((hash) => hash.toUpperCase())))],
    ['a checkpoint with one more line', (bundle) => (bundle.checkpoint += 'x\n')],
  ])('is refused with %s', (_name, change) => {
    expect(codeOf(changed(change))).toBe('MALFORMED');
  });

  it('is refused under another root, or with older keys than are known', () => {
    expect(codeOf(aRequestBundle(made), { root: aKeyPair('other').publicKey })).toBe('ROOT_MISMATCH');
    expect(codeOf(aRequestBundle(made), { root, minNumber: 2 })).toBeUndefined();
    expect(codeOf(aRequestBundle(made), { root, minNumber: 3 })).toBe('KEY_LIST_OLD');
    expect(codeOf(changed((bundle) => bundle.keys.reverse()))).toBe('KEY_LIST_BROKEN');
  });

  it('is refused where its log holds a newer key list than it shows', () => {
    const { log, text } = aSmallLog((log) => log.append({ type: 'keys', at: '2026-11-21T09:00:00.000Z' }, log.publish()));
    expect(codeOf(text, { root: log.root.publicKey })).toBeUndefined();
    expect(codeOf({ ...text, keys: text.keys.slice(0, 1) }, { root: log.root.publicKey })).toBe('KEY_LIST_OLD');
  });

  it('is refused without the earlier checkpoint that was given, or with a forged one', () => {
    const kept = aRequestBundle(made).consistency?.checkpoint ?? '';
    const other = noteOf({ ...made.log.checkpoint(20), root: Buffer.alloc(32) }, made.log.logKey);
    const forged = noteOf(made.log.checkpoint(20), aKeyPair('mallory'));
    const earlier = (checkpoint: string) => changed((bundle) => bundle.consistency && (bundle.consistency.checkpoint = checkpoint));
    expect(codeOf({ ...aRequestBundle(made), consistency: null }, { root, earlierCheckpoint: kept })).toBe('EARLIER_CHECKPOINT_MISSING');
    expect(codeOf(aRequestBundle(made), { root, earlierCheckpoint: other })).toBe('EARLIER_CHECKPOINT_MISSING');
    expect(codeOf(earlier(other), { root, earlierCheckpoint: other })).toBe('LOG_INCONSISTENT');
    expect(codeOf(earlier(forged))).toBe('KEY_UNKNOWN');
    expect(codeOf(earlier(noteOf({ ...made.log.checkpoint(20), origin: MADE_ORIGIN.replace(/1$/, '2') }, made.log.logKey)))).toBe('LOG_INCONSISTENT');
    const ofNothing = { checkpoint: noteOf(made.log.checkpoint(0), made.log.logKey), proof: [] };
    expect(codeOf({ ...aRequestBundle(made), consistency: ofNothing })).toBe('LOG_INCONSISTENT');
  });

  it('is refused where an entry is not in the log at its place', () => {
    expect(codeOf(changed((bundle) => (entryAt(bundle, 'created').entry = entryAt(bundle, 'plan 1').entry)))).toBe('ENTRY_NOT_IN_LOG');
    expect(codeOf(changed((bundle) => (entryAt(bundle, 'created').index -= 1)))).toBe('ENTRY_NOT_IN_LOG');
    expect(codeOf(changed((bundle) => entryAt(bundle, 'created').proof.pop()))).toBe('ENTRY_NOT_IN_LOG');
  });

  it('is refused with an entry of another tenant', () => {
    const { log, text } = aSmallLog((log) => log.append({ type: 'signed-in', at: '2026-11-21T09:00:00.000Z', tenant: 'tenant-2' }, canonical({ salt: '0'.repeat(32) })));
    expect(codeOf(text, { root: log.root.publicKey })).toBe('TENANT_MISMATCH');
  });

  it('is refused with a payload that was not logged, or one without its salt', () => {
    expect(codeOf(changed((bundle) => (entryAt(bundle, 'created').payload = entryAt(bundle, 'plan 1').payload)))).toBe('PAYLOAD_MISMATCH');
    const { log, text } = aSmallLog((log) => log.append({ type: 'signed-in', at: '2026-11-21T09:00:00.000Z' }, '{}'));
    expect(codeOf(text, { root: log.root.publicKey })).toBe('MALFORMED');
  });

  it.each([
    ['time', { at: '2026-11-21T08:00:00.001Z' }],
    ['actor', { actor: 'person-bo' }],
    ['request', { request: 'another' }],
    ['subject', { subject: 'request/x/plan/1' }],
    ['type', { type: 'gate-passed' }],
  ])('is refused where an entry has another %s than its statement', (_name, over) => {
    const { log, text } = aSmallLog((log) => log.enter(log.decisionStatement({ gate: 'plan', document, person: 'person-ada' }), log.decisionKey, over));
    expect(codeOf(text, { root: log.root.publicKey })).toBe('STATEMENT_MISMATCH');
  });

  it('is refused with a missing subject or one that nothing is about', () => {
    expect(codeOf(changed((bundle) => bundle.subjects.pop()))).toBe('SUBJECT_MISSING');
    const foreign = Buffer.from('{"v":2}');
    expect(codeOf(made.log.bundle(made.indexes, [...made.documents, foreign]))).toBe('SUBJECT_UNKNOWN');
  });

  it('is refused with a subject that is not its own RFC 8785 text, though its digest was signed', () => {
    const spaced = Buffer.from('{ "v": 1 }');
    const { log } = aSmallLog((log) => log.decide({ gate: 'diff', document: spaced, person: 'person-ada' }));
    expect(codeOf(log.bundle([0, 1], [document, spaced]), { root: log.root.publicKey })).toBe('NOT_CANONICAL');
  });
});

describe('a passed gate', () => {
  const other = Buffer.from('{"v":2}');
  const verdictOf = (more: (log: MadeLog) => void, documents = [document]): string | undefined => {
    const { log } = aSmallLog(more);
    return codeOf(log.bundle(log.entries.map((_, index) => index), documents), { root: log.root.publicKey });
  };

  it('rests on approvals of the same content in the bundle', () => {
    expect(verdictOf((log) => log.pass('plan', document, [0]))).toBeUndefined();
    expect(verdictOf((log) => log.pass('plan', document, []))).toBe('MALFORMED');
    expect(verdictOf((log) => log.pass('plan', document, [log.decide({ gate: 'plan', document, person: 'person-bo', verdict: 'reject' })]))).toBe('GATE_NOT_FOUNDED');
    expect(verdictOf((log) => log.pass('plan', other, [0]), [document, other])).toBe('GATE_NOT_FOUNDED');
    expect(verdictOf((log) => log.pass('diff', document, [0]))).toBe('GATE_NOT_FOUNDED');
    expect(verdictOf((log) => log.pass('plan', document, [log.note('signed-in')]))).toBe('GATE_NOT_FOUNDED');
    expect(verdictOf((log) => log.pass('plan', document, [log.pass('plan', document, [0])]))).toBe('GATE_NOT_FOUNDED');
  });

  it('does not rest on an approval that was left out', () => {
    expect(codeOf(changed((bundle) => bundle.entries.splice(bundle.entries.indexOf(entryAt(bundle, 'plan 2')), 1)))).toBe('GATE_NOT_FOUNDED');
  });

  it('does not rest on an erased decision about something else', () => {
    const { log, text } = aSmallLog((log) => log.pass('plan', document, [log.decide({ gate: 'diff', document, person: 'person-bo' })]));
    expect(codeOf({ ...text, entries: text.entries.map((entry) => (entry.index === 1 ? { ...entry, payload: null } : entry)) }, { root: log.root.publicKey })).toBe('GATE_NOT_FOUNDED');
  });
});

describe('keys that were revoked', () => {
  const withDecisionKey = (over: Parameters<MadeLog['listed']>[2]): string | undefined => {
    const { log } = aSmallLog((log) => log.publish([log.listed(log.decisionKey, 'decision', over), log.listed(log.logKey, 'log')]));
    return codeOf(log.bundle([0], [document]), { root: log.root.publicKey });
  };

  it('leave earlier signatures good where they were superseded', () => {
    expect(withDecisionKey({ revoked: { from: '2026-11-21T08:00:00.001Z', reason: 'superseded' } })).toBeUndefined();
    expect(withDecisionKey({ revoked: { from: '2026-11-21T08:00:00.000Z', reason: 'superseded' } })).toBe('KEY_NOT_VALID_THEN');
  });

  it('leave only the good part of the log good where they were compromised', () => {
    const compromised = (good: Record<string, number>) => withDecisionKey({ revoked: { from: '2026-11-22T00:00:00.000Z', reason: 'compromised', good } });
    expect(compromised({ [MADE_ORIGIN]: 1 })).toBeUndefined();
    expect(compromised({ [MADE_ORIGIN]: 0 })).toBe('KEY_REVOKED');
    expect(compromised({})).toBe('KEY_REVOKED');
  });

  it('are not replaced by keys that the root did not list', () => {
    const { log } = aSmallLog((log) => log.decide({ gate: 'plan', document, person: 'person-bo' }, aKeyPair('mallory')));
    expect(codeOf(log.bundle([0, 1], [document]), { root: log.root.publicKey })).toBe('KEY_UNKNOWN');
    expect(codeOf(log.bundle([0], [document]), { root: log.root.publicKey })).toBeUndefined();
    expect(codeOf(log.bundle([0], [document], undefined, log.decisionKey), { root: log.root.publicKey })).toBe('KEY_PURPOSE');
    const resigned = new MadeLog();
    const { text } = aSmallLog(undefined, resigned);
    const keys = sealed('application/vnd.countersign.keys+json', JSON.parse('{}'), resigned.root);
    expect(codeOf({ ...text, keys: [keys] }, { root: resigned.root.publicKey })).toBe('MALFORMED');
  });
});

it('notices changes of a sample of bytes; the test of every byte runs with the medium ones', () => {
  expect(survivingChanges(0, 97).verified).toEqual([]);
});
