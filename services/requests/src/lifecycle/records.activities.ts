import { allowsAttempt, AppError, GATE_ROLES, modelOf, OFFLINE_MODEL, type Viewer } from '@countersign/domain';
import type { CloseGateResult, OpenGateResult, RecordsActivities } from '@countersign/workflow-contracts';

import { audit, record } from '../audit/journal.js';
import type { DecisionEntity } from '../decision/decision.entity.js';
import { closeGate } from '../gate/close-gate.js';
import { factsFor } from '../gate/facts-used.js';
import { policyFactsOf } from '../gate/gate-policy.js';
import { openGate } from '../gate/open-gate.js';
import type { Guards } from '../guards.js';
import type { ProjectView } from '../people/projects.port.js';
import type { RequestEntity } from '../request/request.entity.js';
import type { LogPort } from '../log/log.port.js';
import type { KeyRing } from '../signing/key-ring.js';
import { parkSlot } from '../slot/slots.js';
import { applyWord } from './apply-word.js';
import { begin, type BeginDeps } from './begin.js';
import { carryFrom } from './carry.js';
import { type Call, once, readAsOwner } from './fence.js';
import { finish } from './finish.js';
import { type GateContext, startIfSlotFree } from './move.js';
import { transition } from './transition.js';

export type RecordsActivitiesDeps = BeginDeps & {
  readonly guards: Guards;
  readonly keys: KeyRing;
  readonly log: LogPort;
  /** The activity's own execution info: who calls, and the same key at a retry. */
  readonly call: () => Call;
  /** Called after something was written that the outbox should deliver now. */
  readonly nudge: () => void;
};

type Inputs = { [Name in keyof RecordsActivities]: Parameters<RecordsActivities[Name]>[0] };

/** A retry of any of these gets the first answer; each is one transaction. */
export function recordsActivities(deps: RecordsActivitiesDeps): RecordsActivities {
  const { store, settings: slots, guards, call, nudge } = deps;
  const write = async <Result>(requestId: string, work: Parameters<typeof once<Result>>[2]): Promise<Result> => {
    const result = await once(deps, { requestId, call: call() }, work).catch((error: unknown) => noteRefused(deps, requestId, error));
    nudge();
    return result;
  };

  return {
    begin: ({ requestId }) => begin(deps, requestId, call().run),
    recall: async ({ requestId }) => carryFrom(store.read, await readAsOwner(deps, requestId, call().run)),
    transition: ({ requestId, moves, reason }) =>
      write(requestId, async (records, row, now) => ({ state: await transition({ records, slots, now, guards }, row, moves, reason) })),
    openGate: (input) => open(deps, input, write),
    closeGate: (input) => close(deps, input, write),
    acquireSlot: ({ requestId }) =>
      write(requestId, async (records, row, now) => {
        if (row.state !== 'QUEUED' && row.state !== 'EXECUTING') {
          throw new AppError('ILLEGAL_MOVE', `A request that is ${row.state} waits for no slot`);
        }
        const place = row.state === 'EXECUTING' ? 0 : await startIfSlotFree({ records, slots, now }, row);
        return { granted: place === 0, place };
      }),
    applyWord: async ({ requestId, wordId }) => {
      const word = await store.read.words.find(wordId);
      const speaker = word ? await personOf(deps, word.tenantId, word.actor) : undefined;
      const chatModel = word?.kind === 'comment' ? await chatModelOf(deps, requestId) : null;
      const raise = word?.decisionId ? await store.read.decisions.find(word.decisionId) : null;
      const signed = await signing(deps, word?.tenantId ?? '', raise ? [raise] : []);
      return write(requestId, async (records, row, now) => {
        const stored = await records.words.find(wordId);
        return applyWord({ records, slots, now, ...signed }, row, stored, { speaker, chatModel });
      });
    },
    pauseForBudget: ({ requestId, exceeded }) =>
      write(requestId, async (records, row, now) => {
        const paused = { by: 'budget', reason: exceeded, at: now.toISOString() };
        const waitingFor = `The budget is used up (${exceeded}): a maintainer other than the requester may raise it`;
        await records.requests.update(row, { paused, exceeded, waitingFor }, now);
        await parkSlot(records, row, slots, now);
        await record(records, row, { type: 'paused', actor: null, text: waitingFor, data: { exceeded } }, now);
      }),
    beginAttempt: async ({ requestId, attempt }) => {
      const row = await readAsOwner(deps, requestId, call().run);
      return { allowed: allowsAttempt(row.limits, attempt) };
    },
    ...notes(write, slots),
  };
}

const AUDITED: readonly string[] = ['ILLEGAL_MOVE', 'GATE_CLOSED'];

/** What the lifecycle's own run was refused is entered once the refused transaction is gone. */
async function noteRefused({ store, clock, call }: RecordsActivitiesDeps, requestId: string, error: unknown): Promise<never> {
  if (error instanceof AppError && AUDITED.includes(error.code)) {
    const { code, message } = error;
    await store.write(async (records) => {
      const row = await records.requests.lock(requestId);
      const text = `A call of the lifecycle was refused: ${message}`;
      if (row) await audit(records, row, { type: 'call-refused', actor: null, text, data: { code, state: row.state, ...call().run } }, clock());
    });
  }
  throw error;
}

type Write = <Result>(requestId: string, work: Parameters<typeof once<Result>>[2]) => Promise<Result>;

function notes(write: Write, slots: BeginDeps['settings']): Pick<RecordsActivities, 'remind' | 'noteWaiting' | 'noteUndo' | 'finish'> {
  return {
    remind: ({ requestId, gate, revision, reminder }) =>
      write(requestId, async (records, row, now) => {
        const text = `Reminder ${reminder}: revision ${revision} of the ${gate} gate waits`;
        await record(records, row, { type: 'reminder', actor: null, text, data: { gate, revision, reminder } }, now);
      }),
    noteWaiting: ({ requestId, waitingFor }) =>
      write(requestId, async (records, row, now) => {
        await records.requests.update(row, { waitingFor: waitingFor?.slice(0, 2000) ?? null }, now);
      }),
    noteUndo: ({ requestId, undo, error }) =>
      write(requestId, async (records, row, now) => {
        const text = error === null ? `Clean-up finished: ${undo}` : `Clean-up keeps failing and is tried again: ${undo}: ${error.slice(0, 1000)}`;
        await records.requests.update(row, { waitingFor: error === null ? null : text }, now);
        await record(records, row, { type: error === null ? 'undo-done' : 'undo-failing', actor: null, text, data: { undo } }, now);
      }),
    finish: ({ requestId, state, reason }) =>
      write(requestId, (records, row, now) => finish({ records, slots, now }, row, state, reason)),
  };
}

async function open(deps: RecordsActivitiesDeps, input: Inputs['openGate'], write: Write): Promise<OpenGateResult> {
  const { store, projects, settings: slots } = deps;
  const { requestId, gate, facts: named, reopened } = input;
  const row = await readAsOwner(deps, requestId, deps.call().run);
  const [project, stored, decisions] = await Promise.all([
    projectOf(deps, row),
    store.read.facts.all(requestId),
    store.read.decisions.all(requestId),
  ]);
  const facts = factsFor(gate, stored, named);
  const voters = decisions.filter((vote) => vote.live && vote.gate === gate && vote.actorKind === 'person');
  const question = { tenantId: row.tenantId, projectId: row.projectId, gate, requestId, facts: policyFactsOf(facts, project.settings.reviewBlocks) };
  const [verdict, eligible, people] = await Promise.all([
    project.settings.gates[gate] === 'policy' ? projects.evaluatePolicy(question) : null,
    eligibleFor(deps, row, project, gate),
    projects.people(row.tenantId, voters.map(({ actor }) => actor)),
  ]);
  const seen = { project, facts, eligible, people, verdict };
  const signed = await signing(deps, row.tenantId, voters);
  return write(requestId, (records, locked, now) =>
    openGate({ records, slots, now, ...signed }, locked, { gate, reopened: reopened ?? null }, seen),
  );
}

async function close(deps: RecordsActivitiesDeps, input: Inputs['closeGate'], write: Write): Promise<CloseGateResult> {
  const { store, projects, settings: slots } = deps;
  const { requestId, gate, revision, decisionIds } = input;
  const row = await readAsOwner(deps, requestId, deps.call().run);
  const [project, decisions] = await Promise.all([projectOf(deps, row), store.read.decisions.all(requestId)]);
  const voters = decisions.filter((vote) => vote.gate === gate && vote.revision === revision && vote.actorKind === 'person');
  const [eligible, people] = await Promise.all([
    eligibleFor(deps, row, project, gate),
    projects.people(row.tenantId, voters.map(({ actor }) => actor)),
  ]);
  const signed = await signing(deps, row.tenantId, voters);
  return write(requestId, (records, locked, now) =>
    closeGate({ records, slots, now, ...signed }, locked, { gate, revision, decisionIds }, { project, people, eligible }),
  );
}

/** The keys as they are now, and where these votes lie in the log. */
async function signing({ keys, log, guards }: RecordsActivitiesDeps, tenantId: string, votes: readonly DecisionEntity[]): Promise<Pick<GateContext, 'seal' | 'openVote' | 'guards'>> {
  await keys.refresh();
  const places = await log.placesOf(tenantId, votes.map(({ envelopeSha256 }) => envelopeSha256));
  return { seal: keys.seal, openVote: guards.voteOpener(keys.list, places), guards };
}

async function projectOf({ projects }: RecordsActivitiesDeps, row: RequestEntity): Promise<ProjectView> {
  const project = await projects.project(row.tenantId, row.projectId);
  if (!project) throw new AppError('NOT_FOUND', `The project of request ${row.id} is gone`);
  return project;
}

function eligibleFor({ projects }: RecordsActivitiesDeps, row: RequestEntity, project: ProjectView, gate: Inputs['openGate']['gate']) {
  const exclude = project.settings.requesterMayApprove ? null : row.requesterId;
  return projects.eligible(row.tenantId, row.projectId, GATE_ROLES[gate], exclude);
}

/** Null where nobody answers: the offline model does not. */
async function chatModelOf(deps: RecordsActivitiesDeps, requestId: string): Promise<string | null> {
  const row = await deps.store.read.requests.find(requestId);
  const project = row && (await deps.projects.project(row.tenantId, row.projectId));
  const model = project ? modelOf('chat', project.settings.models, deps.settings.models) : OFFLINE_MODEL;
  return model === OFFLINE_MODEL ? null : model;
}

async function personOf({ projects }: RecordsActivitiesDeps, tenantId: string, id: string): Promise<Viewer | undefined> {
  const [person] = await projects.people(tenantId, [id]);
  return person;
}
