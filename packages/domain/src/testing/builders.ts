import type { Vote } from '../decisions.js';
import type { DecisionEvidence, Evidence, GateEvidence } from '../effects.js';
import type { Plan, Spec } from '../plan.js';
import { DEFAULT_PROJECT_SETTINGS, type ProjectSettings } from '../project.js';

const DIGEST = 'a'.repeat(64);

export function aSpec(over: Partial<Spec> = {}): Spec {
  return { goal: 'Rename a to b', acceptanceCriteria: ['No a is left'], outOfScope: [], ...over };
}

export function aPlan(over: Partial<Plan> = {}): Plan {
  return {
    summary: 'Rename a to b in 1 file',
    steps: [
      { title: 'rename a to b', instruction: 'rename a to b', files: [{ path: 'x.ts', change: 'edit', places: 1 }], commands: [] },
    ],
    risk: { level: 'low', reasons: [] },
    checks: { setup: null, test: null },
    commands: 'plan',
    author: 'offline',
    notes: [],
    rules: '',
    ...over,
  };
}

export function someSettings(over: Partial<ProjectSettings> = {}): ProjectSettings {
  return { ...DEFAULT_PROJECT_SETTINGS, ...over };
}

export function aVote(over: Partial<Vote> = {}): Vote {
  return { id: 'd1', gate: 'plan', revision: 1, digest: DIGEST, verdict: 'approve', actor: 'p-reviewer', envelope: '{}', ...over };
}

export function aDecisionEvidence(over: Partial<DecisionEvidence> = {}): DecisionEvidence {
  return {
    id: 'd1',
    verdict: 'approve',
    revision: 1,
    digest: DIGEST,
    live: true,
    isLogged: true,
    policyVersion: 'v1',
    actor: { kind: 'person', id: 'p-reviewer', active: true, roles: ['reviewer'] },
    ...over,
  };
}

export function aGateEvidence(over: Partial<GateEvidence> = {}): GateEvidence {
  const { gate = 'plan', revision = 1, digest = DIGEST } = over;
  return {
    gate,
    setting: 'required',
    revision,
    digest,
    required: 1,
    decisions: [aDecisionEvidence({ revision, digest })],
    passed: { gate, revision, digest, isLogged: true },
    ...over,
  };
}

export function anEvidence(over: Partial<Evidence> = {}): Evidence {
  return {
    requestId: 'r1',
    requester: 'p-requester',
    requesterMayApprove: false,
    policyVersion: 'v1',
    logFault: null,
    gates: [
      aGateEvidence({ gate: 'spec' }),
      aGateEvidence({ gate: 'plan' }),
      aGateEvidence({ gate: 'diff' }),
      aGateEvidence({ gate: 'merge' }),
    ],
    ...over,
  };
}
