import { AppError, type FactKind, type Facts } from '@countersign/domain';
import { BareRepository, fetchSource, type Fetched, type RequestWorkspace } from '@countersign/git';
import type { Briefing, RunRef } from '@countersign/workflow-contracts';

import type { MergeRequest } from './ports/code-host.port.js';
import { temporalExecution, type ActivityExecution, type VcsDeps } from './vcs-deps.js';

/** One call of an activity: the request as it is now, its repository, and what every part of it needs. */
export type VcsCall = {
  readonly deps: VcsDeps;
  readonly execution: ActivityExecution;
  readonly requestId: string;
  readonly run: RunRef;
  readonly briefing: Briefing;
  readonly bare: BareRepository;
  readonly targetRef: string;
};

/** Fenced by the first call it makes: a run that does not own the request gets RUN_SUPERSEDED and nothing else. */
export async function beginCall(deps: VcsDeps, requestId: string): Promise<VcsCall> {
  const execution = deps.execution ?? temporalExecution;
  const run = execution.run();
  const briefing = await deps.records.briefing(requestId, run);
  const { bare, branch } = briefing.project;
  return { deps, execution, requestId, run, briefing, bare: new BareRepository(deps.git, bare), targetRef: `refs/heads/${branch}` };
}

export async function factOf<K extends FactKind>({ deps, requestId, run }: VcsCall, kind: K, id: string): Promise<Facts[K]> {
  const found = await deps.records.getFact(requestId, run, kind, id);
  if (!found) throw new AppError('NOT_FOUND', `The request has no ${kind} fact ${id}`);
  return found.data;
}

/** The newest fact of a kind; with `of`, about that commit or tree. */
export async function newestFact<K extends FactKind>({ deps, requestId, run }: VcsCall, kind: K, of?: string): Promise<Facts[K] | undefined> {
  return (await deps.records.latestFact(requestId, run, kind, of))?.data;
}

/** One row for each key, however often: a retried activity answers the same fact. */
export async function putFact<K extends FactKind>({ deps, requestId, run }: VcsCall, kind: K, key: string, data: Facts[K]): Promise<{ readonly factId: string }> {
  const { id } = await deps.records.putFact(requestId, run, { kind, key: `${kind}:${key}`, data });
  return { factId: id };
}

export async function workspaceOf({ deps, requestId, briefing }: VcsCall): Promise<RequestWorkspace> {
  const workspace = deps.workspace(requestId, briefing.project.bare);
  await workspace.prepare();
  return workspace;
}

/** @throws AppError NOT_FOUND where none was opened. */
export async function mergeRequestOf(call: VcsCall): Promise<MergeRequest> {
  const found = await call.deps.hosts.local.findMergeRequest({ bare: call.bare.dir }, call.requestId);
  if (!found) throw new AppError('NOT_FOUND', 'The request has no merge request');
  return found;
}

const SOURCE_TROUBLE: readonly string[] = ['SOURCE_DIVERGED', 'SOURCE_UNREACHABLE'];

function waitingFor(error: AppError): string {
  const { type } = (error.details ?? {}) as { type?: string };
  return type === undefined ? error.message : `${error.message}. Type: ${type}`;
}

/** Fetches the source, fast-forward only. People see what it waits for while the source is away or went sideways. */
export async function bringForward({ deps, execution, requestId, run, briefing }: VcsCall): Promise<Fetched> {
  const { repo, bare, branch } = briefing.project;
  const options = { ...deps.source, git: deps.git, source: repo, bareDir: bare, branch, signal: execution.signal(), onProgress: execution.heartbeat };
  try {
    const fetched = await fetchSource(options);
    if (execution.attempt() > 1) await deps.records.noteWaiting(requestId, run, null);
    return fetched;
  } catch (error) {
    if (error instanceof AppError && SOURCE_TROUBLE.includes(error.code)) await deps.records.noteWaiting(requestId, run, waitingFor(error));
    throw error;
  }
}
