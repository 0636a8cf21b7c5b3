import { projectsRpc, type RpcOutput } from '@countersign/contracts';
import { type Caller, Rpc } from '@countersign/platform';
import { Controller } from '@nestjs/common';

import { ViewerService } from '../person/viewer.service.js';
import { bareDirOf, toProjectView } from './project.mapper.js';
import { type AddProject, ProjectService, type SetProject } from './project.service.js';
import { ReposDir } from './repos-dir.js';

type Output<Name extends keyof typeof projectsRpc> = Promise<RpcOutput<typeof projectsRpc, Name>>;

@Controller()
export class ProjectsController {
  constructor(
    private readonly viewers: ViewerService,
    private readonly projects: ProjectService,
    private readonly repos: ReposDir,
  ) {}

  @Rpc(projectsRpc, 'projects.add')
  async add(caller: Caller, input: AddProject): Output<'projects.add'> {
    return toProjectView(await this.projects.add(await this.viewers.of(caller), input), this.repos.path);
  }

  @Rpc(projectsRpc, 'projects.set')
  async set(caller: Caller, input: SetProject): Output<'projects.set'> {
    return toProjectView(await this.projects.set(await this.viewers.of(caller), input), this.repos.path);
  }

  @Rpc(projectsRpc, 'projects.list')
  async list(caller: Caller, { limit, after }: { limit: number; after?: string | undefined }): Output<'projects.list'> {
    const page = await this.projects.list(await this.viewers.of(caller), limit, after);
    return { ...page, items: page.items.map((project) => toProjectView(project, this.repos.path)) };
  }

  @Rpc(projectsRpc, 'projects.get')
  async get(caller: Caller, { name }: { name: string }): Output<'projects.get'> {
    return toProjectView(await this.projects.get(await this.viewers.of(caller), name), this.repos.path);
  }

  @Rpc(projectsRpc, 'projects.repository')
  async repository(caller: Caller, { name: asked }: { name: string }): Output<'projects.repository'> {
    const project = await this.projects.readableRepository(await this.viewers.of(caller), asked);
    const { id, name, branch } = project;
    return { id, name, branch, bare: bareDirOf(this.repos.path, id) };
  }

  @Rpc(projectsRpc, 'projects.forService')
  async forService(_caller: Caller, { tenantId, id }: { tenantId: string; id: string }): Output<'projects.forService'> {
    const project = await this.projects.inTenant(tenantId, id);
    return project && toProjectView(project, this.repos.path);
  }

  @Rpc(projectsRpc, 'projects.named')
  async named(_caller: Caller, { tenantId, name }: { tenantId: string; name: string }): Output<'projects.named'> {
    const project = await this.projects.named(tenantId, name);
    return project && toProjectView(project, this.repos.path);
  }
}
