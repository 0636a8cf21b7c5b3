import { GATE_ROLES, type Gate } from '@countersign/domain';

import type { EligiblePerson } from '../people/projects.port.js';

export type QuorumView = {
  readonly gate: Gate;
  readonly required: number;
  /** Distinct persons whose approval holds. */
  readonly approvals: number;
  readonly eligible: readonly EligiblePerson[];
  readonly requesterMayApprove: boolean;
};

function rolesText(gate: Gate): string {
  const roles = GATE_ROLES[gate];
  return roles.length < 2 ? roles.join('') : `${roles.slice(0, -1).join(', ')} or ${roles.at(-1)}`;
}

/** For whom a gate waits, and at once whether nobody can pass it. */
export function quorumText({ gate, required, approvals, eligible, requesterMayApprove }: QuorumView): string {
  const missing = Math.max(1, required - approvals);
  const more = approvals > 0 ? ' more' : '';
  const needs = `Needs ${missing}${more} approval${missing === 1 ? '' : 's'} from ${rolesText(gate)}`;
  if (eligible.length >= required) return needs;
  if (eligible.length === 0) {
    return `${needs}; ${requesterMayApprove ? 'nobody holds that role' : 'nobody but the requester holds that role'}`;
  }
  const people = eligible.length === 1 ? 'only 1 person' : `only ${eligible.length} people`;
  return `${needs}; ${people} may give one, so the quorum of ${required} cannot be met`;
}
