import type { ErrorCode } from './errors.js';
import { GATE_ROLES, type Role } from './roles.js';
import type { Gate, GateSetting } from './gates.js';
import type { Verdict } from './decisions.js';

/** The irreversible acts. Each checks for itself, from what it really holds, that it is approved. */
export const EFFECTS = ['agent.execute', 'vcs.push', 'vcs.openMergeRequest', 'vcs.merge'] as const;
export type Effect = (typeof EFFECTS)[number];

/** DESIGN.md section 4: what must be valid at the call, and which earlier facts must have been signed. */
export const EFFECT_GATES: Readonly<Record<Effect, { readonly now: Gate; readonly earlier: readonly Gate[] }>> = {
  'agent.execute': { now: 'plan', earlier: ['spec'] },
  'vcs.push': { now: 'diff', earlier: ['plan'] },
  'vcs.openMergeRequest': { now: 'diff', earlier: ['plan'] },
  'vcs.merge': { now: 'merge', earlier: ['plan', 'diff'] },
};

/** A decision as stored, with what its actor is at this moment. */
export type DecisionEvidence = {
  readonly id: string;
  readonly verdict: Verdict;
  readonly revision: number;
  readonly digest: string;
  readonly live: boolean;
  /** Its entry is in the transparency log. */
  readonly isLogged: boolean;
  readonly policyVersion: string;
  readonly actor:
    | { readonly kind: 'person'; readonly id: string; readonly active: boolean; readonly roles: readonly Role[] }
    | { readonly kind: 'policy' | 'gate-off' };
};

/** A statement that requests signed when the gate closed; a later loss of a role does not void it. */
export type GatePassedFact = { readonly gate: Gate; readonly revision: number; readonly digest: string; readonly isLogged: boolean };

export type GateEvidence = {
  readonly gate: Gate;
  readonly setting: GateSetting;
  readonly revision: number;
  readonly digest: string;
  readonly required: number;
  readonly decisions: readonly DecisionEvidence[];
  readonly passed?: GatePassedFact;
};

export type Evidence = {
  readonly requestId: string;
  readonly requester: string;
  readonly requesterMayApprove: boolean;
  /** The version of the policies in force now. */
  readonly policyVersion: string;
  /** What is wrong with the tenant's transparency log; null where nothing is. */
  readonly logFault: string | null;
  readonly gates: readonly GateEvidence[];
};

/** What the activity itself recomputed: the digest of the subject built from the bytes and commits at hand. */
export type Held = { readonly digest: string };

export type ApprovalLost = { readonly approvalLost: Gate; readonly code: ErrorCode };

/** What a machine decided holds only under the policies that it decided by. */
function isSamePolicy(decision: Pick<DecisionEvidence, 'policyVersion'>, now: Pick<Evidence, 'policyVersion'>): boolean {
  return decision.policyVersion === now.policyVersion;
}

/** What may be taken out of the lock one at a time, to show that it is needed; nothing but the tamper suite does. */
export const EFFECT_GUARDS = { isSamePolicy } as const;
export type EffectGuards = typeof EFFECT_GUARDS;

function gateOf(evidence: Evidence, gate: Gate): GateEvidence | undefined {
  return evidence.gates.find((candidate) => candidate.gate === gate);
}

/** Persons whose approval of exactly this revision counts at this moment. */
export function validApprovers(evidence: Evidence, gate: GateEvidence): readonly string[] {
  const persons = gate.decisions.flatMap(({ actor, ...decision }) => {
    if (actor.kind !== 'person' || !decision.live || decision.verdict !== 'approve') return [];
    if (decision.revision !== gate.revision || decision.digest !== gate.digest) return [];
    if (!actor.active || !actor.roles.some((role) => GATE_ROLES[gate.gate].includes(role))) return [];
    if (actor.id === evidence.requester && !evidence.requesterMayApprove) return [];
    return [actor.id];
  });
  return [...new Set(persons)];
}

function lossNow(evidence: Evidence, gate: GateEvidence, held: Held, guards: EffectGuards): ErrorCode | undefined {
  if (gate.digest !== held.digest) return 'STALE_DIGEST';
  if (!gate.passed || gate.passed.digest !== held.digest || gate.passed.revision !== gate.revision) return 'GATE_NOT_PASSED';
  const byMachine = gate.decisions.find(
    ({ actor, revision, digest, live, verdict }) =>
      actor.kind !== 'person' && live && verdict === 'approve' && revision === gate.revision && digest === gate.digest,
  );
  if (byMachine) return guards.isSamePolicy(byMachine, evidence) ? undefined : 'POLICY_CHANGED';
  return validApprovers(evidence, gate).length >= Math.max(1, gate.required) ? undefined : 'QUORUM_MISSING';
}

/**
 * The lock: the gate whose approval does not hold for this effect, or undefined where the effect may happen.
 * Pure; `held` must come from the bytes at hand, never from an argument.
 */
export function checkEffect(effect: Effect, evidence: Evidence, held: Held, guards: EffectGuards = EFFECT_GUARDS): ApprovalLost | undefined {
  const { now, earlier } = EFFECT_GATES[effect];
  for (const name of earlier) {
    const gate = gateOf(evidence, name);
    if (!gate?.passed) return { approvalLost: name, code: 'GATE_NOT_PASSED' };
  }
  const gate = gateOf(evidence, now);
  if (!gate) return { approvalLost: now, code: 'GATE_NOT_PASSED' };
  const code = lossNow(evidence, gate, held, guards);
  return code === undefined ? undefined : { approvalLost: now, code };
}

/**
 * Why an effect has to wait for the transparency log: what cannot be shown to an auditor later is not pushed or merged.
 * Undefined where it need not.
 */
export function logBlock(effect: Effect, evidence: Evidence): 'LOG_BROKEN' | 'LOG_PENDING' | undefined {
  if (effect === 'agent.execute') return undefined;
  if (evidence.logFault !== null) return 'LOG_BROKEN';
  const { now, earlier } = EFFECT_GATES[effect];
  const gates = [now, ...earlier].flatMap((name) => gateOf(evidence, name) ?? []);
  const waits = gates.some(({ decisions, passed }) => decisions.some(({ live, isLogged }) => live && !isLogged) || passed?.isLogged === false);
  return waits ? 'LOG_PENDING' : undefined;
}
