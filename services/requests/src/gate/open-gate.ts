import {
  AppError,
  type DecisionActor,
  type Gate,
  GATE_REVIEW_STATE,
  isReview,
  type Subject,
  subjectName,
  type Viewer,
} from '@countersign/domain';
import { digestOf } from '@countersign/domain/digest';
import type { OpenGateResult } from '@countersign/workflow-contracts';

import { audit, auditDocument, record } from '../audit/journal.js';
import type { DecisionEntity } from '../decision/decision.entity.js';
import { makeDecision } from '../decision/statement.js';
import { type GateContext, moveTo, type MoveContext } from '../lifecycle/move.js';
import type { EligiblePerson, PolicyVerdict, ProjectView } from '../people/projects.port.js';
import type { RequestEntity } from '../request/request.entity.js';
import { buildSubject } from './build-subject.js';
import { type FactsUsed, idsOf } from './facts-used.js';
import { type PolicyAccount, policyFactsOf } from './gate-policy.js';
import type { GateRevisionEntity } from './gate-revision.entity.js';
import { openRevision } from './number-revision.js';
import { passGate } from './pass-gate.js';
import { quorumText } from './quorum.js';
import { type Drift, driftOf } from './reopened-account.js';
import { voteFault, voteRules } from './verify-votes.js';

export type OpenGateInput = { readonly gate: Gate; readonly reopened: { readonly code: string } | null };
/** What was read before the transaction: facts are never changed, the rest is as of this moment. */
export type OpenGateNow = {
  readonly project: ProjectView;
  readonly facts: FactsUsed;
  readonly eligible: readonly EligiblePerson[];
  /** Everyone who has a live vote on the gate. */
  readonly people: readonly Viewer[];
  /** Asked only where policy decides the gate. */
  readonly verdict: PolicyVerdict | null;
};

type Machine = {
  readonly actor: Exclude<DecisionActor, { kind: 'person' }>;
  readonly policyVersion: string;
  readonly policyIds: readonly string[];
  readonly text: string;
};

/** Opens a gate on the subject of the stored facts, in the caller's transaction. */
export async function openGate(context: GateContext, row: RequestEntity, input: OpenGateInput, seen: OpenGateNow): Promise<OpenGateResult> {
  const { gate, reopened } = input;
  const { settings } = seen.project;
  const setting = settings.gates[gate];
  const said = seen.verdict && setting === 'policy' ? context.guards.policyAccount(gate, seen.verdict, seen.facts) : null;
  const subject = buildSubject(gate, { row, project: seen.project, facts: seen.facts });
  const drift = reopened ? await driftSince(context, row, { gate, code: reopened.code, subject }, seen) : null;
  const account = [drift?.text ?? '', said?.account ?? ''].join(' ').trim() || null;

  await enterReview(context, row, gate);
  const revision = await openRevision(context, row, gate, {
    subject,
    setting,
    required: settings.approvalsRequired,
    windowMs: settings.gateWindowMs,
    facts: idsOf(seen.facts),
    account,
  });
  await noteOpened(context, row, revision, said);
  if (drift) await noteDrift(context, row, revision, drift);

  const machine = setting === 'off' ? gateOff(seen, gate) : said?.passes && seen.verdict ? byPolicy(seen.verdict, seen) : null;
  if (machine) {
    const state = await passByMachine(context, row, revision, machine);
    return { outcome: 'passed', revision: revision.revision, state };
  }
  return waitForPeople(context, row, revision, input, seen);
}

async function enterReview(context: MoveContext, row: RequestEntity, gate: Gate): Promise<void> {
  const review = GATE_REVIEW_STATE[gate];
  if (row.state === review) return;
  if (isReview(row.state)) throw new AppError('ILLEGAL_MOVE', `A request in ${row.state} leaves it through its own gate`);
  // The review of the merge request happens within PUBLISHING; both moves are recorded here.
  if (gate === 'merge' && row.state === 'PUBLISHING') await moveTo(context, row, 'REVIEWING');
  await moveTo(context, row, review);
}

async function noteOpened({ records, now }: MoveContext, row: RequestEntity, revision: GateRevisionEntity, said: PolicyAccount | null): Promise<void> {
  const { gate, digest, account } = revision;
  const text = `The ${gate} gate opened: revision ${revision.revision}${account === null ? '' : `. ${account}`}`;
  const subject = subjectName(row.id, gate, revision.revision);
  const data = { gate, revision: revision.revision, digest, ...(said?.code && { code: said.code }) };
  await record(records, row, { type: 'gate-opened', actor: null, text, subject, data }, now);
}

/** Before the new revision ends the life of what was approved. */
async function driftSince(
  context: GateContext,
  row: RequestEntity,
  { gate, code, subject }: { readonly gate: Gate; readonly code: string; readonly subject: Subject },
  seen: OpenGateNow,
): Promise<Drift> {
  const { records } = context;
  const approved = await records.gates.current(row.id, gate);
  const votes = approved ? await records.decisions.live({ requestId: row.id, gate, revision: approved.revision }) : [];
  const rules = approved && voteRules(context, row, approved, seen);
  const lost = votes.flatMap((vote) => {
    const fault = rules && vote.actorKind === 'person' ? voteFault(vote, rules) : undefined;
    return fault ? { person: vote.actor, code: fault } : [];
  });
  const nameOf = (person: string): string => seen.people.find(({ personId }) => personId === person)?.name ?? person;
  const { policyVersion, settings } = seen.project;
  return driftOf(code, { approved, subject, required: settings.approvalsRequired, votes, policyVersion, lost, nameOf });
}

async function noteDrift({ records, now }: MoveContext, row: RequestEntity, { gate, revision }: GateRevisionEntity, drift: Drift): Promise<void> {
  const { code, text, before, after, lost } = drift;
  // People read it as the account of the gate that opened.
  await audit(records, row, { type: 'drift', actor: null, text, subject: subjectName(row.id, gate, revision), data: { gate, revision, code, before, after, lost } }, now);
}

function gateOff({ project }: OpenGateNow, gate: Gate): Machine {
  const id = `settings:${project.settingsVersion}`;
  const inputsSha256 = digestOf({ gate, project: project.id, settingsVersion: project.settingsVersion });
  return {
    actor: { kind: 'gate-off', id, inputsSha256 },
    policyVersion: project.policyVersion,
    policyIds: [],
    text: `The ${gate} gate is off (settings version ${project.settingsVersion})`,
  };
}

function byPolicy(verdict: PolicyVerdict, { facts }: OpenGateNow): Machine {
  const { policyVersion, policyIds, reasons } = verdict;
  const ids = policyIds.join(', ');
  return {
    actor: { kind: 'policy', id: ids.slice(0, 500), inputsSha256: digestOf(policyFactsOf(facts)) },
    policyVersion,
    policyIds,
    text: `Policy passed it (${ids})${reasons.length > 0 ? `: ${reasons.join(' ')}` : ''}`,
  };
}

async function passByMachine(context: GateContext, row: RequestEntity, revision: GateRevisionEntity, machine: Machine) {
  const { records, now, seal } = context;
  const of = { requestId: row.id, gate: revision.gate, revision: revision.revision };
  const draft = {
    ...of,
    tenantId: row.tenantId,
    digest: revision.digest,
    verdict: 'approve',
    actor: machine.actor,
    roles: [],
    channel: 'policy',
    authentication: { acr: null, amr: [], authTime: null },
    reason: null,
    policyVersion: machine.policyVersion,
    policyIds: machine.policyIds,
    at: now,
  } as const;
  const decision = await makeDecision(draft, seal);
  const earlier = await records.decisions.liveOf(of, decision.actor);
  if (earlier) await records.decisions.update(earlier.id, { live: false });
  await records.decisions.insert(decision);
  const subject = subjectName(row.id, revision.gate, revision.revision);
  await auditDocument(records, row, { type: 'decision', actor: null, subject, document: decision.envelope }, now);
  const { policyVersion, text } = machine;
  return passGate(context, row, revision, { decisions: [decision], closedBy: decision, policyVersion, text });
}

async function waitForPeople(
  context: GateContext,
  row: RequestEntity,
  revision: GateRevisionEntity,
  { gate, reopened }: OpenGateInput,
  seen: OpenGateNow,
): Promise<OpenGateResult> {
  const { records, now } = context;
  const { settings } = seen.project;
  const held = await holdingVotes(context, row, revision, seen);
  const isEnough = held.length >= revision.required;
  const closedBy = held.at(-1);
  if (isEnough && closedBy && !reopened) {
    const text = `The ${gate} gate passed: the approvals of revision ${revision.revision} still hold`;
    const state = await passGate(context, row, revision, { decisions: held, closedBy, policyVersion: seen.project.policyVersion, text });
    return { outcome: 'passed', revision: revision.revision, state };
  }
  // The approvals are whole and yet the effect was refused: passing again would go round in circles.
  const isVoid = isEnough && reopened !== null;
  if (isVoid) await records.decisions.endLife(row.id, gate, null, reopened.code);

  const approvals = isVoid ? 0 : held.length;
  const { approvalsRequired: required, requesterMayApprove } = settings;
  const waitingFor = quorumText({ gate, required, approvals, eligible: seen.eligible, requesterMayApprove });
  const patch = { waitingFor, openGate: gate, openRevision: revision.revision, requesterMayApprove };
  await records.requests.update(row, patch, now);
  return {
    outcome: 'open',
    revision: revision.revision,
    digest: revision.digest,
    // How many more votes are worth asking closeGate about: earlier ones are not sent to the lifecycle again.
    required: Math.max(1, required - approvals),
    deadline: (revision.deadline ?? now).toISOString(),
    waitingFor,
    approvals,
  };
}

/** Votes recorded earlier for this very revision that would count now; machines' earlier decisions never hold. */
async function holdingVotes(context: GateContext, row: RequestEntity, revision: GateRevisionEntity, seen: OpenGateNow): Promise<DecisionEntity[]> {
  const { records } = context;
  const live = await records.decisions.live({ requestId: row.id, gate: revision.gate, revision: revision.revision });
  const rules = voteRules(context, row, revision, seen);
  const held: DecisionEntity[] = [];
  for (const vote of live) {
    if (vote.actorKind !== 'person') {
      await records.decisions.update(vote.id, { live: false });
      continue;
    }
    if (!vote.delivered || vote.verdict !== 'approve') continue;
    const code = voteFault(vote, rules);
    if (code) await records.decisions.update(vote.id, { status: 'dropped', code, live: false });
    else held.push(vote);
  }
  return held;
}
