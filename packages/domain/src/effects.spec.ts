import { describe, expect, it } from '@jest/globals';

import { EFFECTS, EFFECT_GATES, checkEffect, type Effect, type Evidence, type GateEvidence } from './effects.js';
import type { Gate } from './gates.js';
import { aDecisionEvidence, aGateEvidence, anEvidence } from './testing/builders.js';

const held = { digest: 'a'.repeat(64) };

function withGate(gate: Gate, over: Partial<GateEvidence>): Evidence {
  const { gates } = anEvidence();
  return anEvidence({ gates: gates.map((one) => (one.gate === gate ? aGateEvidence({ ...one, ...over }) : one)) });
}

function without(gate: Gate): Evidence {
  return anEvidence({ gates: anEvidence().gates.filter((one) => one.gate !== gate) });
}

function notPassed(gate: Gate): Evidence {
  const gates = anEvidence().gates.map((one) => {
    const { passed, ...rest } = one;
    return one.gate === gate || !passed ? rest : one;
  });
  return anEvidence({ gates });
}

const rows = EFFECTS.map((effect) => [effect, EFFECT_GATES[effect].now] as const);
const earlier = EFFECTS.flatMap((effect) => EFFECT_GATES[effect].earlier.map((gate) => [effect, gate] as const));

describe('checkEffect', () => {
  it.each(rows)('%s may happen where %s is validly approved', (effect) => {
    expect(checkEffect(effect, anEvidence(), held)).toBeUndefined();
  });

  it.each(rows)('%s is refused where its %s gate is not there or did not pass', (effect, gate) => {
    expect(checkEffect(effect, without(gate), held)).toEqual({ approvalLost: gate, code: 'GATE_NOT_PASSED' });
    expect(checkEffect(effect, notPassed(gate), held)).toEqual({ approvalLost: gate, code: 'GATE_NOT_PASSED' });
  });

  it.each(earlier)('%s is refused without the earlier fact of %s', (effect, gate) => {
    expect(checkEffect(effect, notPassed(gate), held)).toEqual({ approvalLost: gate, code: 'GATE_NOT_PASSED' });
  });

  it.each(rows)('%s is refused where what is held is not what was approved at %s', (effect, gate) => {
    expect(checkEffect(effect, anEvidence(), { digest: 'b'.repeat(64) })).toEqual({ approvalLost: gate, code: 'STALE_DIGEST' });
  });

  const bad = {
    'a suspended person': aDecisionEvidence({ actor: { kind: 'person', id: 'p', active: false, roles: ['reviewer'] } }),
    'a person who lost the role': aDecisionEvidence({ actor: { kind: 'person', id: 'p', active: true, roles: ['observer'] } }),
    'the requester': aDecisionEvidence({ actor: { kind: 'person', id: 'p-requester', active: true, roles: ['admin'] } }),
    'a vote that is no longer live': aDecisionEvidence({ live: false }),
    'a rejection': aDecisionEvidence({ verdict: 'reject' }),
    'an earlier revision': aDecisionEvidence({ revision: 0 }),
    'another digest': aDecisionEvidence({ digest: 'c'.repeat(64) }),
  };
  it.each(rows.flatMap(([effect, gate]) => Object.entries(bad).map(([name, decision]) => [effect, gate, name, decision] as const)))(
    '%s at %s does not count %s',
    (effect, gate, _name, decision) => {
      const evidence = withGate(gate, { decisions: [decision] });
      expect(checkEffect(effect, evidence, held)).toEqual({ approvalLost: gate, code: 'QUORUM_MISSING' });
    },
  );

  it('counts distinct people', () => {
    const twice = [aDecisionEvidence({ id: '1' }), aDecisionEvidence({ id: '2' })];
    const lost = checkEffect('vcs.merge', withGate('merge', { required: 2, decisions: twice }), held);
    expect(lost).toEqual({ approvalLost: 'merge', code: 'QUORUM_MISSING' });
  });

  it('lets an earlier fact stand after its voter lost the role', () => {
    const decisions = [aDecisionEvidence({ actor: { kind: 'person', id: 'p', active: false, roles: [] } })];
    expect(checkEffect('vcs.push', withGate('plan', { decisions }), held)).toBeUndefined();
  });

  it('takes a policy approval of the policies in force, and no older one', () => {
    const byPolicy = (policyVersion: string): Evidence =>
      withGate('diff', { setting: 'policy', decisions: [aDecisionEvidence({ actor: { kind: 'policy' }, policyVersion })] });
    expect(checkEffect('vcs.push', byPolicy('v1'), held)).toBeUndefined();
    expect(checkEffect('vcs.push', byPolicy('v0'), held)).toEqual({ approvalLost: 'diff', code: 'POLICY_CHANGED' });
  });

  it('never lets a quorum of nobody pass', () => {
    const effects: readonly Effect[] = EFFECTS;
    for (const effect of effects) {
      const { now } = EFFECT_GATES[effect];
      expect(checkEffect(effect, withGate(now, { required: 0, decisions: [] }), held)?.code).toBe('QUORUM_MISSING');
    }
  });
});
