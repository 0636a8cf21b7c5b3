import { type CountersignDataSourceOptions, dataSourceOptions, withTransaction } from '@countersign/platform';
import { DataSource, type EntityManager } from 'typeorm';

import { AuditEntryEntity, AuditPayloadEntity } from '../audit/audit.entity.js';
import { AuditRepository } from '../audit/audit.repository.js';
import { MIGRATIONS } from '../migration/migrations.js';
import { GroupEntity, GroupMemberEntity } from '../person/group.entity.js';
import { PersonEntity } from '../person/person.entity.js';
import { PersonRepository } from '../person/person.repository.js';
import { ProjectEntity } from '../project/project.entity.js';
import { ProjectRepository } from '../project/project.repository.js';
import { RoleBindingEntity } from '../role/role-binding.entity.js';
import { RoleRepository } from '../role/role.repository.js';
import { SignInEntity } from '../sign-in/sign-in.entity.js';
import { SignInRepository } from '../sign-in/sign-in.repository.js';
import { TenantEntity } from '../tenant/tenant.entity.js';
import { TenantRepository } from '../tenant/tenant.repository.js';

const PROJECTS_SCHEMA = 'projects';

/** Options for the service's own connections (its role's URL) or for its migrations (the owner's URL). */
export function projectsDatabase(url: string): CountersignDataSourceOptions {
  return dataSourceOptions({
    url,
    schema: PROJECTS_SCHEMA,
    entities: [
      TenantEntity,
      PersonEntity,
      GroupEntity,
      GroupMemberEntity,
      RoleBindingEntity,
      ProjectEntity,
      SignInEntity,
      AuditEntryEntity,
      AuditPayloadEntity,
    ],
    migrations: MIGRATIONS,
  });
}

/** The tables, all seen through one connection or one transaction. */
export type Stores = {
  readonly tenants: TenantRepository;
  readonly people: PersonRepository;
  readonly roles: RoleRepository;
  readonly projects: ProjectRepository;
  readonly audit: AuditRepository;
  readonly signIns: SignInRepository;
};

export class Database {
  readonly stores: Stores;

  private constructor(private readonly dataSource: DataSource) {
    this.stores = storesOf(dataSource.manager);
  }

  static async connect(url: string): Promise<Database> {
    return new Database(await new DataSource(projectsDatabase(url)).initialize());
  }

  /** All of `work` is stored or none of it. @throws AppError DATABASE_UNAVAILABLE, or what `work` threw. */
  inTransaction<Result>(work: (stores: Stores) => Promise<Result>): Promise<Result> {
    return withTransaction(this.dataSource, (manager) => work(storesOf(manager)));
  }

  close(): Promise<void> {
    return this.dataSource.destroy();
  }
}

function storesOf(manager: EntityManager): Stores {
  return {
    tenants: new TenantRepository(manager),
    people: new PersonRepository(manager),
    roles: new RoleRepository(manager),
    projects: new ProjectRepository(manager),
    audit: new AuditRepository(manager),
    signIns: new SignInRepository(manager),
  };
}
