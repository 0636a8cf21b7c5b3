import { type EntityManager, In, type FindOptionsWhere, MoreThan } from 'typeorm';

import { ProjectEntity } from './project.entity.js';

/** `*`: every project of the tenant; else only these ids. */
export type VisibleProjects = '*' | readonly string[];

export type ImportOutcome = Pick<ProjectEntity, 'importState' | 'importProgress' | 'importCode' | 'importMessage'> &
  Partial<Pick<ProjectEntity, 'branch'>>;

export class ProjectRepository {
  constructor(private readonly manager: EntityManager) {}

  byId(tenantId: string, id: string): Promise<ProjectEntity | null> {
    return this.manager.findOneBy(ProjectEntity, { tenantId, id });
  }

  byName(tenantId: string, name: string): Promise<ProjectEntity | null> {
    return this.manager.findOneBy(ProjectEntity, { tenantId, name });
  }

  byIds(tenantId: string, ids: readonly string[]): Promise<ProjectEntity[]> {
    return this.manager.findBy(ProjectEntity, { tenantId, id: In(ids) });
  }

  /** The row as it stays until the transaction ends. */
  forUpdate(tenantId: string, id: string): Promise<ProjectEntity | null> {
    return this.manager.findOne(ProjectEntity, { where: { tenantId, id }, lock: { mode: 'for_no_key_update' } });
  }

  page(tenantId: string, visible: VisibleProjects, limit: number, after?: string): Promise<ProjectEntity[]> {
    const where: FindOptionsWhere<ProjectEntity> = { ...within(tenantId, visible), ...(after === undefined ? {} : { name: MoreThan(after) }) };
    return this.manager.find(ProjectEntity, { where, order: { name: 'ASC' }, take: limit });
  }

  count(tenantId: string, visible: VisibleProjects): Promise<number> {
    return this.manager.countBy(ProjectEntity, within(tenantId, visible));
  }

  importing(): Promise<ProjectEntity[]> {
    return this.manager.findBy(ProjectEntity, { importState: 'importing' });
  }

  async add(project: ProjectEntity): Promise<void> {
    await this.manager.insert(ProjectEntity, project);
  }

  async replace(project: ProjectEntity): Promise<void> {
    const { id, tenantId, ...columns } = project;
    await this.manager.update(ProjectEntity, { id, tenantId }, columns);
  }

  /** Says nothing where this import was overtaken by another or has ended. True where the row took it. */
  async noteImport(project: ProjectEntity, outcome: Partial<ImportOutcome>): Promise<boolean> {
    const { id, tenantId, importAttempt } = project;
    const done = await this.manager.update(ProjectEntity, { id, tenantId, importAttempt, importState: 'importing' }, outcome);
    return (done.affected ?? 0) > 0;
  }
}

function within(tenantId: string, visible: VisibleProjects): FindOptionsWhere<ProjectEntity> {
  return visible === '*' ? { tenantId } : { tenantId, id: In(visible) };
}
