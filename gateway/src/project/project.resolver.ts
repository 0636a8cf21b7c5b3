import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';

import { Credential } from '../auth/caller.decorator.js';
import { RequirePermission } from '../auth/require-permission.decorator.js';
import { connectionOf } from '../graphql/connection.js';
import { PageArgs } from '../graphql/page.args.js';
import { Services } from '../services.js';
import { AddProjectInput, SetProjectInput } from './project.input.js';
import { toProject, toSettings } from './project.mapper.js';
import { Project, ProjectConnection } from './project.type.js';

@Resolver()
export class ProjectResolver {
  constructor(private readonly services: Services) {}

  @Query(() => ProjectConnection)
  @RequirePermission('project:read')
  projects(@Args() page: PageArgs, @Credential() token: string): Promise<ProjectConnection> {
    return connectionOf(page, async (input) => {
      const answer = await this.services.projects.call('projects.list', input, token);
      return { ...answer, items: answer.items.map(toProject) };
    });
  }

  @Query(() => Project, { description: 'By name or id.' })
  @RequirePermission('project:read')
  async project(@Args('name') name: string, @Credential() token: string): Promise<Project> {
    return toProject(await this.services.projects.call('projects.get', { name }, token));
  }

  @Mutation(() => Project, { description: 'Answers at once; poll `project` until `import.state` is ready or failed.' })
  @RequirePermission('project:manage')
  async addProject(@Args('input') { settings, ...input }: AddProjectInput, @Credential() token: string): Promise<Project> {
    const added = { ...input, ...(settings ? { settings: toSettings(settings) } : {}) };
    return toProject(await this.services.projects.call('projects.add', added, token));
  }

  @Mutation(() => Project)
  @RequirePermission('project:manage')
  async setProject(@Args('input') { settings, ...input }: SetProjectInput, @Credential() token: string): Promise<Project> {
    const changed = { ...input, ...(settings ? { settings: toSettings(settings) } : {}) };
    return toProject(await this.services.projects.call('projects.set', changed, token));
  }
}
