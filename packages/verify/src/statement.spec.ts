import { describe, expect, it } from '@jest/globals';

import { readKeyList } from './key-list.js';
import { isDecision, readStatement, STATEMENT_PAYLOAD_TYPE, verifyStatementEnvelope } from './statement.js';
import { aKeyPair, aRequestLog, canonical, MadeLog, sealed } from './testing/index.js';

const document = Buffer.from('{"v":1}');
const code = (act: () => unknown): unknown => {
  try {
    act();
    return 'nothing';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('a statement', () => {
  const log = new MadeLog();
  const statement = log.decisionStatement({ gate: 'plan', document, person: 'person-ada' });
  const predicate = statement['predicate'] as Record<string, unknown>;
  const read = (value: unknown): unknown => code(() => readStatement(Buffer.from(canonical(value))));
  const withPredicate = (over: Record<string, unknown>): unknown => ({ ...statement, predicate: { ...predicate, ...over } });

  it('is read as a decision or as a passed gate', () => {
    expect(isDecision(readStatement(Buffer.from(canonical(statement))))).toBe(true);
    const made = aRequestLog();
    const passed = JSON.parse(String(made.log.entries[made.at['plan passed'] ?? 0]?.payload)) as { payload: string };
    expect(isDecision(readStatement(Buffer.from(passed.payload, 'base64')))).toBe(false);
  });

  it('may have the members that are kept for later', () => {
    expect(read(withPredicate({ delegation: { from: 'x' }, risk: 'low', override: null }))).toBe('nothing');
  });

  it.each([
    ['an unknown member', { ...statement, note: 'x' }],
    ['an unknown member of the predicate', withPredicate({ note: 'x' })],
    ['an unknown member of the actor', withPredicate({ actor: { ...(predicate['actor'] as object), name: 'Ada' } })],
    ['a missing nonce', { ...statement, predicate: Object.fromEntries(Object.entries(predicate).filter(([name]) => name !== 'nonce')) }],
    ['an unknown verdict', withPredicate({ verdict: 'approved' })],
    ['an unknown gate', withPredicate({ gate: 'review' })],
    ['an actor of no kind', withPredicate({ actor: { kind: 'agent', id: 'x', inputsSha256: '0'.repeat(64) } })],
    ['another type', { ...statement, _type: 'https://in-toto.io/Statement/v0.1' }],
    ['another predicate type', { ...statement, predicateType: 'https://countersign.dev/attestations/decision/v2' }],
    ['two subjects', { ...statement, subject: [...(statement['subject'] as unknown[]), ...(statement['subject'] as unknown[])] }],
    ['another revision than its subject', withPredicate({ revision: 2 })],
    ['another request than its subject', withPredicate({ request: 'x' })],
    ['upper-case hex', withPredicate({ nonce: 'A'.repeat(32) })],
    ['a time of another form', withPredicate({ at: '2026-11-21T08:00:00Z' })],
    ['a revision that is no integer', withPredicate({ revision: '1' })],
    ['null', null],
  ])('is refused with %s', (_name, value) => {
    expect(read(value)).toBe('MALFORMED');
  });

  it('is refused where its bytes are not UTF-8 or not its RFC 8785 form', () => {
    expect(code(() => readStatement(Buffer.from('"\xff"', 'latin1')))).toBe('NOT_CANONICAL');
    expect(code(() => readStatement(Buffer.from(JSON.stringify(statement, null, 1))))).toBe('NOT_CANONICAL');
  });
});

describe('a stated envelope', () => {
  const log = new MadeLog();
  const keys = readKeyList(log.publish(), log.root.publicKey);
  const statement = log.decisionStatement({ gate: 'plan', document, person: 'person-ada' });
  const verdict = (text: string): unknown => code(() => verifyStatementEnvelope(text, keys, {}));

  it('counts under a listed decision key', () => {
    expect(verdict(sealed(STATEMENT_PAYLOAD_TYPE, statement, log.decisionKey))).toBe('nothing');
  });

  it('does not count under another key, another type, or with an edited verdict', () => {
    expect(verdict(sealed(STATEMENT_PAYLOAD_TYPE, statement, aKeyPair('mallory')))).toBe('KEY_UNKNOWN');
    expect(verdict(sealed(STATEMENT_PAYLOAD_TYPE, statement, aKeyPair('mallory'), log.decisionKey.id))).toBe('SIGNATURE_INVALID');
    expect(verdict(sealed(STATEMENT_PAYLOAD_TYPE, statement, log.logKey))).toBe('KEY_PURPOSE');
    expect(verdict(sealed(STATEMENT_PAYLOAD_TYPE, statement, log.root))).toBe('KEY_UNKNOWN');
    expect(verdict(sealed('application/json', statement, log.decisionKey))).toBe('MALFORMED');
    const genuine = JSON.parse(sealed(STATEMENT_PAYLOAD_TYPE, statement, log.decisionKey)) as { payload: string };
    const edited = Buffer.from(genuine.payload, 'base64').toString().replace('"approve"', '"reject"');
    expect(verdict(canonical({ ...genuine, payload: Buffer.from(edited).toString('base64') }))).toBe('SIGNATURE_INVALID');
  });
});
