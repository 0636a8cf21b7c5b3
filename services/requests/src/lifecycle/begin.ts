import { AppError, type ModelChoice, modelOf, OFFLINE_MODEL } from '@countersign/domain';
import { type BeginResult, type RunRef, workflowIdOf } from '@countersign/workflow-contracts';

import { record } from '../audit/journal.js';
import type { Records } from '../database/records-store.repository.js';
import type { ProjectsPort } from '../people/projects.port.js';
import type { RequestEntity } from '../request/request.entity.js';
import { type Fence, noteSuperseded, superseded } from './fence.js';
import type { LifecyclePort } from './lifecycle.port.js';
import { moveTo } from './move.js';

export type BeginDeps = Fence & {
  readonly lifecycle: LifecyclePort;
  readonly projects: ProjectsPort;
  readonly settings: { readonly maxExecutions: number; readonly continueAsNewAfterEvents: number; readonly models: ModelChoice };
};

/** Adopts the calling run where it is the first one or was continued from the owner, and starts a fresh request. */
export async function begin(deps: BeginDeps, requestId: string, run: RunRef): Promise<BeginResult> {
  const { store, clock, lifecycle, guards } = deps;
  const before = await store.read.requests.find(requestId);
  if (!before) throw new AppError('NOT_FOUND', `There is no request ${requestId}`);
  const owner = before.ownerRunId;
  // Temporal itself says what a run was continued from; only then may it take over.
  const isHeir =
    run.workflowId === workflowIdOf(requestId) &&
    owner !== null &&
    owner !== run.runId &&
    (await lifecycle.continuedFrom(requestId, run.runId)) === owner;
  const settings = await settingsOf(deps, before);

  const now = clock();
  const begun = await store.write(async (records) => {
    const row = await records.requests.lock(requestId);
    if (!row) throw new AppError('NOT_FOUND', `There is no request ${requestId}`);
    const mayAdopt = run.workflowId === workflowIdOf(requestId) && (row.ownerRunId === null || (isHeir && row.ownerRunId === owner));
    if (!guards.isOwner(row, run) && !mayAdopt) {
      await noteSuperseded(records, row, run, now);
      return undefined;
    }
    if (!guards.isOwner(row, run)) await adopt(records, row, run, now);
    if (row.state === 'RECEIVED') await moveTo({ records, slots: deps.settings, now }, row, 'SPECIFYING');
    return { state: row.state, settings };
  });
  if (!begun) throw superseded(requestId);
  return begun;
}

export async function adopt(records: Records, row: RequestEntity, run: RunRef, now: Date): Promise<void> {
  const previous = row.ownerRunId;
  await records.requests.update(
    row,
    { ownerWorkflowId: run.workflowId, ownerRunId: run.runId, supersededRunId: row.supersededRunId === run.runId ? null : row.supersededRunId },
    now,
  );
  const note = { type: 'run-adopted', actor: null, text: 'A run of the lifecycle took the request over', data: { ...run, previous } };
  await record(records, row, note, now);
}

async function settingsOf({ projects, settings }: BeginDeps, row: RequestEntity): Promise<BeginResult['settings']> {
  const [project, [requester]] = await Promise.all([
    projects.project(row.tenantId, row.projectId),
    projects.people(row.tenantId, [row.requesterId]),
  ]);
  if (!project) throw new AppError('NOT_FOUND', `The project of request ${row.id} is gone`);
  return {
    project: row.projectName,
    tenant: row.tenantId,
    requester: requester?.name ?? row.requesterId,
    title: row.title,
    reminderMs: project.settings.reminderMs,
    maxFixAttempts: project.settings.maxFixAttempts,
    continueAsNewAfterEvents: settings.continueAsNewAfterEvents,
    modelReview: modelOf('review', project.settings.models, settings.models) !== OFFLINE_MODEL,
  };
}
