import { PERMISSIONS, ROLES, type Viewer as DomainViewer } from '@countersign/domain';
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';

import { Credential, CurrentViewer } from '../auth/caller.decorator.js';
import { RequirePermission } from '../auth/require-permission.decorator.js';
import { maySomewhere } from '../auth/permission.guard.js';
import { connectionOf } from '../graphql/connection.js';
import { PageArgs } from '../graphql/page.args.js';
import { Services } from '../services.js';
import { Erasure, Person, PersonConnection, PersonInput, RoleInput, Viewer } from './person.type.js';

@Resolver()
export class PersonResolver {
  constructor(private readonly services: Services) {}

  @Query(() => Viewer)
  @RequirePermission('self:read')
  async me(@CurrentViewer() viewer: DomainViewer): Promise<Viewer> {
    const { personId, tenantId, name, issuer, subject, active } = viewer;
    return {
      id: personId,
      tenant: tenantId,
      name,
      issuer,
      subject,
      active,
      grants: [...viewer.grants],
      roles: ROLES.filter((role) => viewer.grants.some((grant) => grant.role === role)),
      permissions: PERMISSIONS.filter((permission) => maySomewhere(viewer, permission)),
    };
  }

  @Query(() => PersonConnection)
  @RequirePermission('person:read')
  people(@Args() page: PageArgs, @Credential() token: string): Promise<PersonConnection> {
    return connectionOf(page, (input) => this.services.projects.call('people.list', input, token));
  }

  @Mutation(() => Person)
  @RequirePermission('person:manage')
  suspendPerson(@Args('input') input: PersonInput, @Credential() token: string): Promise<Person> {
    return this.services.projects.call('people.suspend', input, token);
  }

  @Mutation(() => Person)
  @RequirePermission('person:manage')
  restorePerson(@Args('input') input: PersonInput, @Credential() token: string): Promise<Person> {
    return this.services.projects.call('people.restore', input, token);
  }

  @Mutation(() => Erasure, { description: 'Removes what a suspended person said and who they were, for good. Refused while a request that has not ended rests on them.' })
  @RequirePermission('person:manage')
  erasePerson(@Args('input') input: PersonInput, @Credential() token: string): Promise<Erasure> {
    return this.services.requests.call('erasure.erase', input, token);
  }

  @Mutation(() => Person)
  @RequirePermission('role:manage')
  grantRole(@Args('input') input: RoleInput, @Credential() token: string): Promise<Person> {
    return this.services.projects.call('roles.grant', { ...input, project: input.project ?? null }, token);
  }

  @Mutation(() => Person)
  @RequirePermission('role:manage')
  revokeRole(@Args('input') input: RoleInput, @Credential() token: string): Promise<Person> {
    return this.services.projects.call('roles.revoke', { ...input, project: input.project ?? null }, token);
  }
}
