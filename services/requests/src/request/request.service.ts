import type { requestsRpc, RpcInput, RpcOutput } from '@countersign/contracts';
import { AppError, may, NO_USAGE, type Viewer } from '@countersign/domain';
import type { Caller } from '@countersign/platform';
import { workflowIdOf } from '@countersign/workflow-contracts';

import { audit, record } from '../audit/journal.js';
import type { RecordsStore } from '../database/records-store.repository.js';
import { keyMismatch, keyScope, type KeyStamp, stampOf } from '../key/keyed-act.js';
import type { Guards } from '../guards.js';
import type { Clock } from '../lifecycle/fence.js';
import { type AccessService, notFound, requirePermission } from '../people/access.service.js';
import type { ProjectsPort, ProjectView } from '../people/projects.port.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import type { Names } from './gate-view.js';
import { newRequestId } from './request-id.js';
import type { ListFilter } from './request-list.repository.js';
import type { RequestEntity } from './request.entity.js';
import { type RequestDetail, type RequestItem, toDetail, toItem } from './request.mapper.js';

type Input<Name extends keyof typeof requestsRpc> = RpcInput<typeof requestsRpc, Name>;

export type RequestServiceDeps = {
  readonly store: RecordsStore;
  readonly access: AccessService;
  readonly projects: ProjectsPort;
  readonly clock: Clock;
  readonly guards: Pick<Guards, 'isSameAct'>;
  readonly nudge: () => void;
};

export class RequestService {
  constructor(private readonly deps: RequestServiceDeps) {}

  /**
   * Stored with its outbox row in one transaction: the lifecycle starts also where Temporal is away now. The same call
   * again under its key is answered with the request that it made.
   */
  async create(caller: Caller, input: Input<'requests.create'>): Promise<RequestItem> {
    const { access, projects, store, clock, nudge } = this.deps;
    const { viewer } = await access.visitor(caller);
    const stamp = stampOf(input);
    const scope = keyScope(viewer, stamp, clock());
    const before = scope && (await store.read.requests.ofKey(scope));
    if (before) return this.again(viewer, before, stamp);
    const project = await projects.projectNamed(viewer.tenantId, input.project);
    if (!project || !may(viewer, 'project:read', project.id)) {
      throw new AppError('NOT_FOUND', `There is no project ${input.project}`, { field: 'project' });
    }
    requirePermission(viewer, 'request:create', project.id);
    if (project.import.state !== 'ready') {
      throw new AppError('REPO_NOT_READY', `The repository of ${project.name} is not imported yet: ${project.import.progress}`, { field: 'project' });
    }
    const now = clock();
    const row = freshRequest(viewer, project, input, stamp, now);
    const stands = await store.write(async (records) => {
      const stored = await records.requests.insert(row);
      if (stored !== row) return stored;
      const note = { type: 'created', actor: viewer.personId, text: `${viewer.name} asked for: ${row.title}`, data: { project: project.id, title: row.title, body: row.body } };
      await record(records, row, note, now);
      await records.outbox.add(row, { kind: 'start', carry: null, requester: viewer.name }, now);
      return row;
    });
    if (stands !== row) return this.again(viewer, stands, stamp);
    nudge();
    return toItem(row, () => viewer.name, false);
  }

  async list(caller: Caller, input: Input<'requests.list'> & { readonly limit: number }): Promise<RpcOutput<typeof requestsRpc, 'requests.list'>> {
    const { access, store } = this.deps;
    const { viewer } = await access.visitor(caller);
    const scope = access.scopeOf(viewer);
    const { state, project, box } = input;
    const filter: ListFilter = { ...(state && { state }), ...(project && { project }), ...(box && { box }) };
    const after = input.after === undefined ? undefined : decodeCursor(input.after);
    const [found, total] = await Promise.all([
      store.read.lists.page(scope, filter, input.limit, after),
      store.read.lists.count(scope, filter),
    ]);
    const rows = found.slice(0, input.limit);
    const [needing, nameOf] = await Promise.all([
      store.read.lists.needingViewer(scope, rows.map(({ id }) => id)),
      this.names(viewer.tenantId, rows.map(({ requesterId }) => requesterId)),
    ]);
    const last = rows.at(-1);
    const next = found.length > rows.length && last ? encodeCursor({ at: last.createdAt, id: last.id }) : null;
    return { items: rows.map((row) => toItem(row, nameOf, needing.has(row.id))), next, total };
  }

  async inbox(caller: Caller): Promise<RpcOutput<typeof requestsRpc, 'requests.inbox'>> {
    const { access, store } = this.deps;
    const { viewer } = await access.visitor(caller);
    const scope = access.scopeOf(viewer);
    const count = (box: NonNullable<ListFilter['box']>) => store.read.lists.count(scope, { box });
    const [needsMe, waiting, running, done] = await Promise.all([count('needsMe'), count('waiting'), count('running'), count('done')]);
    return { needsMe, waiting, running, done };
  }

  async get(caller: Caller, id: string): Promise<RequestDetail> {
    const { access, store, projects } = this.deps;
    const { viewer } = await access.visitor(caller);
    const row = await access.readable(viewer, id);
    const { read } = store;
    const [project, revisions, decisions, events, words, answers, facts, needing] = await Promise.all([
      projects.project(row.tenantId, row.projectId),
      read.gates.revisions(row.id),
      read.decisions.all(row.id),
      read.requests.events(row.id),
      read.words.all(row.id),
      read.answers.all(row.id),
      read.facts.all(row.id),
      read.lists.needingViewer(access.scopeOf(viewer), [row.id]),
    ]);
    if (!project) throw notFound(id);
    const people = [
      row.requesterId,
      ...decisions.filter(({ actorKind }) => actorKind === 'person').map(({ actor }) => actor),
      ...events.flatMap(({ actor }) => actor ?? []),
      ...words.map(({ actor }) => actor),
    ];
    const nameOf = await this.names(row.tenantId, people);
    return toDetail({ row, project, viewer, needsMe: needing.has(row.id), revisions, decisions, events, words, answers, facts, nameOf });
  }

  /** What the first call with this key made, as it is now. Its outbox row does what is still to be done. */
  private async again(viewer: Viewer, before: RequestEntity, stamp: KeyStamp): Promise<RequestItem> {
    const { access, store, guards } = this.deps;
    if (!guards.isSameAct(before, stamp)) throw await this.auditMismatch(viewer, before);
    const row = await access.readable(viewer, before.id);
    const needing = await store.read.lists.needingViewer(access.scopeOf(viewer), [row.id]);
    return toItem(row, () => viewer.name, needing.has(row.id));
  }

  private async auditMismatch(viewer: Viewer, before: RequestEntity): Promise<AppError> {
    const error = keyMismatch();
    const text = `${viewer.name} tried to ask for something else under the key of this request and was refused: ${error.code}`;
    const note = { type: 'request-refused', actor: viewer.personId, text, data: { code: error.code } };
    const { store, clock } = this.deps;
    await store.write((records) => audit(records, before, note, clock()));
    return error;
  }

  private async names(tenantId: string, ids: readonly string[]): Promise<Names> {
    if (ids.length === 0) return (id) => id;
    const people = await this.deps.projects.people(tenantId, [...new Set(ids)]);
    const names = new Map(people.map(({ personId, name }) => [personId, name]));
    return (id) => names.get(id) ?? id;
  }
}

function freshRequest(viewer: Viewer, project: ProjectView, { title, body }: Input<'requests.create'>, stamp: KeyStamp, now: Date): RequestEntity {
  const id = newRequestId();
  return {
    id,
    tenantId: viewer.tenantId,
    projectId: project.id,
    projectName: project.name,
    title,
    body,
    requesterId: viewer.personId,
    state: 'RECEIVED',
    phase: 'running',
    paused: null,
    waitingFor: null,
    openGate: null,
    openRevision: null,
    requesterMayApprove: project.settings.requesterMayApprove,
    ownerWorkflowId: workflowIdOf(id),
    ownerRunId: null,
    supersededRunId: null,
    limits: project.settings.limits,
    plannedLimits: project.settings.limits,
    usage: NO_USAGE,
    exceeded: null,
    outcome: null,
    limitsNotEnforced: [],
    version: 1,
    createdAt: now,
    updatedAt: now,
    queuedAt: null,
    endedAt: null,
    ...stamp,
  };
}
