import { type Gate, GATE_ROLES, needsClosedGate, rolesIn, type State, type Viewer } from '@countersign/domain';

import type { DecisionEntity } from './decision/decision.entity.js';
import { policyAccount } from './gate/gate-policy.js';
import { distinctPeople, isGenuine, revisionFault } from './gate/vote-checks.js';
import { isSameAct } from './key/keyed-act.js';
import { isOwner } from './lifecycle/owner.js';
import { voteOpener } from './signing/open-vote.js';

type Shown = { readonly digest: string };
type Requester = { readonly id: string; readonly mayApprove: boolean };

/** The digest that a person was shown is that of the revision which is open now. */
function isShown(open: Shown, digest: string): boolean {
  return open.digest === digest;
}

/** Four eyes: nobody approves their own request, unless the project says so. */
function isOthers(actor: string, requester: Requester): boolean {
  return actor !== requester.id || requester.mayApprove;
}

function isActive(person: Viewer): boolean {
  return person.active;
}

/** A role whose vote counts at the gate, held now in the project of the request. */
function holdsRole(person: Viewer, gate: Gate, projectId: string): boolean {
  return rolesIn(person.grants, projectId).some((role) => GATE_ROLES[gate].includes(role));
}

/** What a vote is sent under, made of its envelope: with the nonce in it nobody can use it first. */
function updateIdOf({ updateId }: DecisionEntity): string {
  return updateId;
}

/** Whose rows a person may see at all. */
function tenantOf(person: Viewer): string {
  return person.tenantId;
}

/**
 * What stands between an attack and its effect, one function each. The product is wired with these and nothing else;
 * the tamper suite puts *allow* in the place of exactly one at a time, to show that its attack is a real one.
 */
export const GUARDS = {
  isShown,
  isOthers,
  isActive,
  holdsRole,
  tenantOf,
  /** What a stored vote says, read under the list of keys. */
  voteOpener,
  isGenuine,
  revisionFault,
  distinctPeople: distinctPeople<DecisionEntity>,
  isOwner,
  /** Moves that only verified votes may make. */
  needsClosedGate: needsClosedGate as (from: State, to: State) => boolean,
  policyAccount,
  isSameAct,
  updateIdOf,
} as const;

export type Guards = typeof GUARDS;
