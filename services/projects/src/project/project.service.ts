import { randomUUID } from 'node:crypto';

import type { addProjectInput, setProjectInput } from '@countersign/contracts';
import { AppError, DEFAULT_PROJECT_SETTINGS, may, type Viewer } from '@countersign/domain';
import type { z } from 'zod';

import type { AuditTrail } from '../audit/audit-trail.service.js';
import { isStorable, requirePermission, type ViewerService } from '../person/viewer.service.js';
import type { CedarAdapter } from '../policy/cedar.adapter.js';
import { DEFAULT_POLICY } from '../policy/default-policy.js';
import { fromCursor, toCursor } from '../store/cursor.js';
import type { Database, Stores } from '../store/database.repository.js';
import type { ImportRunner } from './import-runner.service.js';
import type { ProjectEntity } from './project.entity.js';
import { mergedSettings } from './merged-settings.js';
import { bareDirOf } from './project.mapper.js';
import type { VisibleProjects } from './project.repository.js';
import type { RepositoryImporterPort } from './repository-importer.port.js';
import { changesBetween } from './settings-change.js';

export type AddProject = z.output<typeof addProjectInput>;
export type SetProject = z.output<typeof setProjectInput>;
export type ProjectPage = { readonly items: readonly ProjectEntity[]; readonly next: string | null; readonly total: number };

export type ProjectServiceDeps = {
  readonly database: Database;
  readonly viewers: ViewerService;
  readonly trail: AuditTrail;
  readonly cedar: CedarAdapter;
  readonly importer: RepositoryImporterPort;
  readonly runner: ImportRunner;
  readonly reposDir: string;
};

export class ProjectService {
  constructor(private readonly deps: ProjectServiceDeps) {}

  /** Checks everything that can be told at once, then imports in the background. A failed one may be added again. */
  async add(viewer: Viewer, input: AddProject): Promise<ProjectEntity> {
    const { trail, importer, cedar, viewers, runner } = this.deps;
    const project = await trail.change(viewer, { action: 'projects.add', target: input.name }, async (stores) => {
      requirePermission(viewer, 'project:manage');
      await importer.checkSource(input.repo, input.branch);
      if (input.policy) cedar.check(input.policy);
      const settings = mergedSettings(DEFAULT_PROJECT_SETTINGS, input.settings);

      await stores.tenants.lock(viewer.tenantId);
      requirePermission(await viewers.refreshed(viewer, stores), 'project:manage');
      const wanted = { name: input.name, repo: input.repo, branch: input.branch ?? '', settings, policyText: input.policy ?? null };
      const added = await claimed(stores, viewer.tenantId, wanted);
      await stores.audit.append({
        tenantId: viewer.tenantId,
        type: 'project.added',
        actor: viewer.personId,
        at: new Date(),
        subject: `project/${added.id}`,
        payload: { name: added.name, repo: added.repo, branch: added.branch, settingsVersion: added.settingsVersion },
      });
      return added;
    });
    runner.start(project);
    return project;
  }

  /** Changes what is given; `settingsVersion` grows by one where anything really changed. */
  set(viewer: Viewer, input: SetProject): Promise<ProjectEntity> {
    const { trail, viewers, cedar } = this.deps;
    return trail.change(viewer, { action: 'projects.set', target: input.name }, async (stores) => {
      const found = await this.visible(stores, viewer, input.name);
      requirePermission(await viewers.refreshed(viewer, stores), 'project:manage', found.id);
      if (input.policy) cedar.check(input.policy);
      if (input.branch !== undefined) await this.requireBranch(found, input.branch);

      const before = (await stores.projects.forUpdate(viewer.tenantId, found.id)) ?? found;
      const after: ProjectEntity = {
        ...before,
        branch: input.branch ?? before.branch,
        settings: mergedSettings(before.settings, input.settings),
        policyText: input.policy === undefined ? before.policyText : input.policy,
        settingsVersion: before.settingsVersion + 1,
      };
      const changed = changesBetween(governed(before), governed(after));
      if (Object.keys(changed).length === 0) return before;
      await stores.projects.replace(after);
      await stores.audit.append({
        tenantId: viewer.tenantId,
        type: 'project.changed',
        actor: viewer.personId,
        at: new Date(),
        subject: `project/${after.id}`,
        payload: { name: after.name, settingsVersion: after.settingsVersion, changed },
      });
      return after;
    });
  }

  async list(viewer: Viewer, limit: number, after?: string): Promise<ProjectPage> {
    if (!viewer.active) requirePermission(viewer, 'project:read');
    const { projects } = this.deps.database.stores;
    const readable = visibleTo(viewer);
    const [name] = after === undefined ? [] : fromCursor(after, 1);
    const found = await projects.page(viewer.tenantId, readable, limit + 1, name);
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return {
      items,
      next: last && found.length > limit ? toCursor([last.name]) : null,
      total: await projects.count(viewer.tenantId, readable),
    };
  }

  /** By name or id. @throws AppError NOT_FOUND, also where the viewer may not know of it. */
  async get(viewer: Viewer, name: string): Promise<ProjectEntity> {
    if (!viewer.active) requirePermission(viewer, 'project:read');
    return this.visible(this.deps.database.stores, viewer, name);
  }

  /** A project whose bare copy the viewer may read whole. @throws AppError NOT_FOUND; FORBIDDEN; REPO_NOT_READY. */
  async readableRepository(viewer: Viewer, name: string): Promise<ProjectEntity> {
    const project = await this.get(viewer, name);
    requirePermission(viewer, 'request:read', project.id);
    if (project.importState !== 'ready') throw notReady(project);
    return project;
  }

  async inTenant(tenantId: string, id: string): Promise<ProjectEntity | null> {
    return isStorable(tenantId) && isStorable(id) ? this.deps.database.stores.projects.byId(tenantId, id) : null;
  }

  async named(tenantId: string, name: string): Promise<ProjectEntity | null> {
    if (!isStorable(tenantId) || !isStorable(name)) return null;
    return named(this.deps.database.stores, tenantId, name);
  }

  private async visible(stores: Stores, viewer: Viewer, name: string): Promise<ProjectEntity> {
    const project = isStorable(name) ? await named(stores, viewer.tenantId, name) : null;
    if (project && (!viewer.active || may(viewer, 'project:read', project.id))) return project;
    throw new AppError('NOT_FOUND', `There is no project ${JSON.stringify(name)}`, { field: 'name' });
  }

  private async requireBranch(project: ProjectEntity, branch: string): Promise<void> {
    if (project.importState !== 'ready') throw notReady(project);
    if (await this.deps.importer.adoptBranch(bareDirOf(this.deps.reposDir, project.id), branch)) return;
    throw new AppError('BRANCH_MISSING', `${project.name} has no branch ${branch}`, { field: 'branch' });
  }
}

function notReady({ name, importState }: ProjectEntity): AppError {
  const hint = importState === 'failed' ? 'its import failed, so add it again' : 'it is being imported';
  return new AppError('REPO_NOT_READY', `The branches of ${name} are not known: ${hint}`);
}

type Wanted = Pick<ProjectEntity, 'name' | 'repo' | 'branch' | 'settings' | 'policyText'>;

async function claimed(stores: Stores, tenantId: string, wanted: Wanted): Promise<ProjectEntity> {
  const earlier = await stores.projects.byName(tenantId, wanted.name);
  if (earlier && earlier.importState !== 'failed') {
    throw new AppError('ALREADY_EXISTS', `There is a project ${wanted.name} already`, { field: 'name' });
  }
  const begun = { importState: 'importing', importProgress: 'waiting to begin', importCode: null, importMessage: null } as const;
  if (earlier) {
    const again = { ...earlier, ...wanted, ...begun };
    const project = { ...again, settingsVersion: earlier.settingsVersion + 1, importAttempt: earlier.importAttempt + 1 };
    await stores.projects.replace(project);
    return project;
  }
  const fresh = { id: randomUUID(), tenantId, settingsVersion: 1, importAttempt: 1, createdAt: new Date() };
  const project: ProjectEntity = { ...fresh, ...wanted, ...begun };
  await stores.projects.add(project);
  return project;
}

async function named(stores: Stores, tenantId: string, name: string): Promise<ProjectEntity | null> {
  return (await stores.projects.byName(tenantId, name)) ?? (await stores.projects.byId(tenantId, name));
}

function governed({ branch, settings, policyText }: ProjectEntity) {
  return { branch, settings, policyText: policyText ?? DEFAULT_POLICY };
}

function visibleTo(viewer: Viewer): VisibleProjects {
  if (may(viewer, 'project:read')) return '*';
  return [...new Set(viewer.grants.map(({ project }) => project))].filter((project) => may(viewer, 'project:read', project));
}
