import { type DynamicModule, Module } from '@nestjs/common';

import { AuditTrail } from './audit/audit-trail.service.js';
import { AuditController } from './audit/audit.controller.js';
import { ErasureService } from './person/erasure.service.js';
import { PeopleController } from './person/people.controller.js';
import { PersonService } from './person/person.service.js';
import { ViewerService } from './person/viewer.service.js';
import { CedarAdapter } from './policy/cedar.adapter.js';
import { PolicyController } from './policy/policy.controller.js';
import { ProjectService } from './project/project.service.js';
import { ProjectsController } from './project/projects.controller.js';
import { ReposDir } from './project/repos-dir.js';
import { RoleService } from './role/role.service.js';
import { SignInService } from './sign-in/sign-in.service.js';

export type ProjectsParts = {
  readonly viewers: ViewerService;
  readonly people: PersonService;
  readonly roles: RoleService;
  readonly projects: ProjectService;
  readonly cedar: CedarAdapter;
  readonly repos: ReposDir;
  readonly trail: AuditTrail;
  readonly signIns: SignInService;
  readonly erasures: ErasureService;
};

@Module({})
export class ProjectsModule {
  static of({ viewers, people, roles, projects, cedar, repos, trail, signIns, erasures }: ProjectsParts): DynamicModule {
    return {
      module: ProjectsModule,
      controllers: [PeopleController, ProjectsController, PolicyController, AuditController],
      providers: [
        { provide: ViewerService, useValue: viewers },
        { provide: PersonService, useValue: people },
        { provide: RoleService, useValue: roles },
        { provide: ProjectService, useValue: projects },
        { provide: CedarAdapter, useValue: cedar },
        { provide: ReposDir, useValue: repos },
        { provide: AuditTrail, useValue: trail },
        { provide: SignInService, useValue: signIns },
        { provide: ErasureService, useValue: erasures },
      ],
    };
  }
}
