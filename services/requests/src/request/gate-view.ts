import type { gateView } from '@countersign/contracts';
import { GATE_ROLES, type Gate, GATES, type GateSettings, isTerminal, may, type Viewer } from '@countersign/domain';
import type { z } from 'zod';

import type { DecisionEntity } from '../decision/decision.entity.js';
import type { GateRevisionEntity } from '../gate/gate-revision.entity.js';
import type { RequestEntity } from './request.entity.js';

export type GateView = z.output<typeof gateView>;
export type Names = (personId: string) => string;

export type GateViewSource = {
  readonly row: RequestEntity;
  readonly settings: GateSettings;
  readonly required: number;
  readonly requesterMayApprove: boolean;
  /** The one opened last comes first. */
  readonly revisions: readonly GateRevisionEntity[];
  readonly decisions: readonly DecisionEntity[];
  readonly viewer: Viewer;
  readonly nameOf: Names;
};

/** All four gates, also those that have not opened yet. */
export function gateViews(source: GateViewSource): GateView[] {
  return GATES.map((gate) => viewOf(gate, source));
}

function viewOf(name: Gate, source: GateViewSource): GateView {
  const { row, settings, required, revisions, decisions, nameOf } = source;
  const current = revisions.find(({ gate }) => gate === name);
  const ofGate = decisions.filter(({ gate }) => gate === name);
  const counting = ofGate.filter(({ live, revision, verdict }) => live && revision === current?.revision && verdict === 'approve');
  const whyNot = whyNotDecide(name, source);
  const isOpen = current?.state === 'open';
  return {
    name,
    setting: current?.setting ?? settings[name],
    state: stateOf(current, row),
    revision: current?.revision ?? 0,
    digest: current?.digest ?? null,
    approvals: counting.length,
    required: current?.required ?? required,
    deadline: isOpen ? (current.deadline?.toISOString() ?? null) : null,
    account: current?.account ?? null,
    mayDecide: whyNot === null,
    whyNot,
    decisions: ofGate.map((decision) => decisionView(decision, nameOf)),
  };
}

function stateOf(current: GateRevisionEntity | undefined, row: RequestEntity): GateView['state'] {
  if (!current) return 'waiting';
  // Superseded by changes or a conflict: the next revision is on its way, unless the request ended.
  if (current.state === 'superseded') return isTerminal(row.state) ? 'refused' : 'waiting';
  return current.state;
}

export function whyNotDecide(gate: Gate, { row, viewer, requesterMayApprove }: Pick<GateViewSource, 'row' | 'viewer' | 'requesterMayApprove'>): string | null {
  if (!may(viewer, 'request:decide', row.projectId)) {
    return `needs the role ${GATE_ROLES[gate].join(', ').replace(/, ([^,]+)$/, ' or $1')} in ${row.projectName}`;
  }
  if (viewer.personId === row.requesterId && !requesterMayApprove) return 'you requested this change';
  return row.openGate === gate ? null : 'gate is not open';
}

function decisionView(decision: DecisionEntity, nameOf: Names): GateView['decisions'][number] {
  const { id, actor, actorKind, verdict, status, code, revision, digest, reason, channel, amr, policyIds, at } = decision;
  return {
    id,
    actor: actorKind === 'person' ? nameOf(actor) : actor,
    actorKind,
    verdict,
    status,
    code,
    revision,
    digest,
    reason,
    channel,
    amr: [...amr],
    policyIds: [...policyIds],
    at: at.toISOString(),
  };
}
