import {
  AppError,
  type ErrorCode,
  type Gate,
  GATE_CHANGES_STATE,
  GATE_REVIEW_STATE,
  subjectName,
  type Viewer,
} from '@countersign/domain';
import type { CloseGateResult } from '@countersign/workflow-contracts';

import { audit, record } from '../audit/journal.js';
import type { DecisionEntity } from '../decision/decision.entity.js';
import { type GateContext, moveTo, type MoveContext, startIfSlotFree } from '../lifecycle/move.js';
import type { EligiblePerson, ProjectView } from '../people/projects.port.js';
import type { RequestEntity } from '../request/request.entity.js';
import type { GateRevisionEntity } from './gate-revision.entity.js';
import { passGate } from './pass-gate.js';
import { quorumText } from './quorum.js';
import { tally, voteFault, voteRules } from './verify-votes.js';

export type CloseGateInput = { readonly gate: Gate; readonly revision: number; readonly decisionIds: readonly string[] };
/** What services/projects says at this moment. */
export type CloseGateNow = {
  readonly project: ProjectView;
  readonly people: readonly Viewer[];
  readonly eligible: readonly EligiblePerson[];
};

export type Dropped = { readonly id: string; readonly code: ErrorCode };

/** Verifies the votes and makes the move that they decide, in the caller's transaction. */
export async function closeGate(
  context: GateContext,
  row: RequestEntity,
  input: CloseGateInput,
  seen: CloseGateNow,
): Promise<CloseGateResult> {
  const { records } = context;
  const revision = await records.gates.current(row.id, input.gate);
  const isOpen = row.state === GATE_REVIEW_STATE[input.gate] && revision?.state === 'open' && revision.revision === input.revision;
  if (!isOpen || !revision) throw new AppError('GATE_CLOSED', `Revision ${input.revision} of the ${input.gate} gate is not open`);

  const { verified, dropped } = await verify(context, row, revision, input, seen);
  for (const drop of dropped) await dropVote(context, row, revision, drop);
  revision.required = seen.project.settings.approvalsRequired;
  const result = tally(verified, revision.required, context.guards.distinctPeople);
  switch (result.outcome) {
    case 'rejected':
      return reject(context, row, revision, result.by);
    case 'changes':
      return sendBack(context, row, revision, result.by);
    case 'passed': {
      const [closedBy] = result.approvals.slice(-1);
      if (!closedBy) throw new AppError('INTERNAL', 'A gate passed without a vote');
      const names = result.approvals.map(({ actor }) => seen.people.find(({ personId }) => personId === actor)?.name ?? actor);
      const text = `The ${input.gate} gate passed: revision ${revision.revision} approved by ${names.join(', ')}`;
      const by = { decisions: result.approvals, closedBy, policyVersion: seen.project.policyVersion, text };
      return { outcome: 'passed', state: await passGate(context, row, revision, by) };
    }
    case 'open': {
      const waitingFor = quorumText({
        gate: input.gate,
        required: revision.required,
        approvals: result.approvals.length,
        eligible: seen.eligible,
        requesterMayApprove: seen.project.settings.requesterMayApprove,
      });
      await records.requests.update(row, { waitingFor }, context.now);
      return { outcome: 'open', dropped: dropped.map(({ id }) => id), waitingFor };
    }
  }
}

async function verify(
  context: GateContext,
  row: RequestEntity,
  revision: GateRevisionEntity,
  { decisionIds }: CloseGateInput,
  { project, people }: CloseGateNow,
): Promise<{ verified: DecisionEntity[]; dropped: Dropped[] }> {
  const { records } = context;
  const named = await records.decisions.byIds(row.id, decisionIds);
  const known = new Map(named.map((vote) => [vote.id, vote]));
  const dropped: Dropped[] = [...new Set(decisionIds)]
    .filter((id) => !known.has(id))
    .map((id) => ({ id, code: 'VOTE_NOT_STORED' }));
  // Votes that an earlier run of this request took into its count still hold, though this one never saw them.
  const held = (await records.decisions.live({ requestId: row.id, gate: revision.gate, revision: revision.revision })).filter(
    ({ delivered, actorKind }) => delivered && actorKind === 'person',
  );
  for (const vote of held) known.set(vote.id, vote);

  const rules = voteRules(context, row, revision, { project, people });
  const verified: DecisionEntity[] = [];
  for (const vote of [...known.values()].sort((a, b) => a.at.getTime() - b.at.getTime())) {
    // Replaced by the same person, or voided: no fault of the vote, and nothing to tell.
    const fault = vote.live ? voteFault(vote, rules) : 'ALREADY_VOTED';
    if (fault) dropped.push({ id: vote.id, code: fault });
    else verified.push(vote);
  }
  return { verified, dropped };
}

async function dropVote(context: MoveContext, row: RequestEntity, revision: GateRevisionEntity, { id, code }: Dropped): Promise<void> {
  if (code === 'ALREADY_VOTED') return;
  const { records, now } = context;
  if (code !== 'VOTE_NOT_STORED') await records.decisions.update(id, { status: 'dropped', code, live: false });
  const note = {
    type: 'vote-dropped',
    actor: null,
    text: `A vote on the ${revision.gate} gate was dropped: ${code}`,
    subject: subjectName(row.id, revision.gate, revision.revision),
    data: { decision: id.slice(0, 100).toWellFormed(), code },
  };
  // A made-up id is kept from people's timeline: anyone who can reach the engine could write there.
  if (code === 'VOTE_NOT_STORED') await audit(records, row, note, now);
  else await record(records, row, note, now);
}

async function reject(context: MoveContext, row: RequestEntity, revision: GateRevisionEntity, by: DecisionEntity): Promise<CloseGateResult> {
  const { records, now } = context;
  await records.decisions.update(by.id, { status: 'counted', delivered: true });
  await records.gates.close(revision, 'refused', now);
  await moveTo(context, row, 'REJECTED', { actor: by.actor, reason: `rejected at the ${revision.gate} gate` });
  await records.requests.update(row, { outcome: { code: null, message: by.reason ?? `Rejected at the ${revision.gate} gate` } }, now);
  return { outcome: 'rejected' };
}

async function sendBack(context: MoveContext, row: RequestEntity, revision: GateRevisionEntity, by: DecisionEntity): Promise<CloseGateResult> {
  const { records, now } = context;
  const gate = revision.gate as Gate;
  await records.decisions.update(by.id, { status: 'counted', delivered: true });
  // The request for changes consumes every vote on this gate.
  await records.decisions.endLife(row.id, gate, null, null);
  await records.gates.close(revision, 'superseded', now);
  await moveTo(context, row, GATE_CHANGES_STATE[gate], { actor: by.actor, reason: `changes requested at the ${gate} gate` });
  // Writing another spec or plan takes no attempt.
  const attemptsLeft = gate === 'spec' || gate === 'plan' || row.usage.attempts < row.limits.attempts;
  if (row.state === 'QUEUED' && attemptsLeft) await startIfSlotFree(context, row);
  return { outcome: 'changes', feedbackId: by.id, state: row.state, attemptsLeft };
}
