import { checkEffect, logBlock } from '@countersign/domain';
import { readKeyList } from '@countersign/verify';
import { describe, expect, it } from '@jest/globals';

import { aKey, DIGEST, TestKeys } from '../testing/signed-evidence.fake.js';
import { judgeEvidence, type StoredEvidence } from './judge-evidence.js';
import { PinnedKeys } from './pinned-keys.js';

const keys = new TestKeys();
const held = { digest: DIGEST };
const judged = (stored: StoredEvidence) => judgeEvidence(stored, readKeyList(stored.keys, keys.root.raw));
const withPlan = (...made: Parameters<TestKeys['gate']>) =>
  judged(keys.evidence({ gates: keys.evidence().gates.map((gate) => (gate.gate === 'plan' ? keys.gate(...made) : gate)) }));
const execute = (evidence: ReturnType<typeof judged>) => checkEffect('agent.execute', evidence, held);

describe('evidence', () => {
  it('lets an effect happen where every statement is signed by a key that holds', () => {
    expect(execute(judged(keys.evidence()))).toBeUndefined();
    expect(checkEffect('vcs.merge', judged(keys.evidence()), held)).toBeUndefined();
  });

  it.each([
    ['a foreign key', () => keys.decisionOn('plan', {}, aKey())],
    ['a foreign key under our key id', () => keys.decisionOn('plan', {}, { ...aKey(), id: keys.decision.id })],
    ['the root key', () => keys.decisionOn('plan', {}, keys.root)],
  ])('does not count a decision signed by %s', (_name, make) => {
    expect(execute(withPlan('plan', make()))).toEqual({ approvalLost: 'plan', code: 'QUORUM_MISSING' });
  });

  it.each([
    ['another request', { request: 'r2' }],
    ['another gate', { gate: 'diff' as const }],
    ['an earlier revision', { revision: 0 }],
    ['a rejection', { verdict: 'reject' as const }],
  ])('does not count a genuine decision of %s', (_name, over) => {
    expect(execute(withPlan('plan', keys.decisionOn('plan', over)))).toEqual({ approvalLost: 'plan', code: 'QUORUM_MISSING' });
  });

  it('takes nothing from a decision in the place of the statement that the gate passed, nor the other way round', () => {
    expect(execute(withPlan('plan', undefined, keys.decisionOn('plan')))).toEqual({ approvalLost: 'plan', code: 'GATE_NOT_PASSED' });
    expect(execute(withPlan('plan', keys.passed('plan')))).toEqual({ approvalLost: 'plan', code: 'QUORUM_MISSING' });
    expect(execute(withPlan('plan', undefined, keys.passed('plan', {}, aKey())))).toEqual({ approvalLost: 'plan', code: 'GATE_NOT_PASSED' });
  });

  it('counts an edited envelope for nothing', () => {
    const envelope = keys.decisionOn('plan', { verdict: 'reject' });
    const payload = (JSON.parse(envelope) as { payload: string }).payload;
    const edited = Buffer.from(Buffer.from(payload, 'base64').toString().replace('"reject"', '"approve"')).toString('base64');
    expect(execute(withPlan('plan', envelope.replace(payload, edited)))).toEqual({ approvalLost: 'plan', code: 'QUORUM_MISSING' });
  });

  it('lets a key that was stolen vouch for the good part of the log only, also for gates that passed earlier', () => {
    const from = '2026-02-01T00:00:00.000Z';
    const stolen = (good: number) => keys.list(2, { from, reason: 'compromised', good: { 'countersign.test/log/t1/1': good } });
    expect(checkEffect('vcs.merge', judged(keys.evidence({ keys: stolen(4) })), held)).toBeUndefined();
    expect(checkEffect('vcs.merge', judged(keys.evidence({ keys: stolen(3) })), held)).toEqual({ approvalLost: 'plan', code: 'GATE_NOT_PASSED' });
  });

  it('holds push and merge back until the log has every statement that they rest on, and while it is broken', () => {
    const stored = keys.evidence();
    const [, plan] = stored.gates;
    const unlogged = { ...stored, gates: stored.gates.map((gate) => (gate === plan ? { ...gate, decisions: gate.decisions.map((one) => ({ ...one, place: null })) } : gate)) };
    expect(logBlock('vcs.push', judged(stored))).toBeUndefined();
    expect(logBlock('vcs.push', judged(unlogged))).toBe('LOG_PENDING');
    expect(logBlock('vcs.merge', judged(keys.evidence({ logFault: 'entry 3 was edited' })))).toBe('LOG_BROKEN');
    expect(logBlock('agent.execute', judged(keys.evidence({ logFault: 'entry 3 was edited' })))).toBeUndefined();
  });
});

describe('pinned keys', () => {
  const seen = (start = 0) => {
    const numbers = { value: start, highest: () => Promise.resolve(numbers.value), raise: (number: number) => Promise.resolve(void (numbers.value = Math.max(numbers.value, number))) };
    return numbers;
  };

  it('believe a newer list and remember its number', async () => {
    const numbers = seen();
    const pinned = new PinnedKeys(keys.root.raw, numbers);
    expect((await pinned.accept(keys.list(1))).number).toBe(1);
    expect((await pinned.accept(keys.list(3))).number).toBe(3);
    expect(numbers.value).toBe(3);
    await expect(pinned.accept(keys.list(2))).rejects.toMatchObject({ code: 'KEYS_REFUSED' });
  });

  it('refuse an older list after a restart too, and one of another root', async () => {
    await expect(new PinnedKeys(keys.root.raw, seen(2)).accept(keys.list(1))).rejects.toMatchObject({ code: 'KEYS_REFUSED' });
    await expect(new PinnedKeys(aKey().raw, seen()).accept(keys.list(1))).rejects.toMatchObject({ code: 'KEYS_REFUSED' });
    await expect(new PinnedKeys(keys.root.raw, seen()).accept('{}')).rejects.toMatchObject({ code: 'KEYS_REFUSED' });
  });
});
