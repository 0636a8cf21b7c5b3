import { projectsRpc, type RpcInput, type RpcOutput } from '@countersign/contracts';
import type { Role } from '@countersign/domain';
import { type Caller, Rpc } from '@countersign/platform';
import { Controller } from '@nestjs/common';

import { RoleService } from '../role/role.service.js';
import { SignInService } from '../sign-in/sign-in.service.js';
import { ErasureService } from './erasure.service.js';
import { PersonService } from './person.service.js';
import { ViewerService } from './viewer.service.js';

type Output<Name extends keyof typeof projectsRpc> = Promise<RpcOutput<typeof projectsRpc, Name>>;
type RoleInput = { person: string; role: Role; project: string | null };

@Controller()
export class PeopleController {
  constructor(
    private readonly viewers: ViewerService,
    private readonly people: PersonService,
    private readonly roles: RoleService,
    private readonly signIns: SignInService,
    private readonly erasures: ErasureService,
  ) {}

  @Rpc(projectsRpc, 'people.me')
  async me(caller: Caller): Output<'people.me'> {
    const viewer = await this.viewers.of(caller);
    if (caller.kind === 'person') await this.signIns.seen(caller, viewer);
    return { ...viewer, grants: [...viewer.grants] };
  }

  @Rpc(projectsRpc, 'people.viewer')
  async viewer(_caller: Caller, { issuer, subject }: { issuer: string; subject: string }): Output<'people.viewer'> {
    const viewer = await this.viewers.find(issuer, subject);
    return viewer && { ...viewer, grants: [...viewer.grants] };
  }

  @Rpc(projectsRpc, 'people.byIds')
  async byIds(_caller: Caller, { tenantId, ids }: { tenantId: string; ids: string[] }): Output<'people.byIds'> {
    const viewers = await this.people.byIds(tenantId, ids);
    return viewers.map((viewer) => ({ ...viewer, grants: [...viewer.grants] }));
  }

  @Rpc(projectsRpc, 'people.eligible')
  async eligible(
    _caller: Caller,
    input: { tenantId: string; projectId: string; roles: Role[]; exclude: string | null },
  ): Output<'people.eligible'> {
    return this.people.eligible(input.tenantId, input.projectId, input.roles, input.exclude);
  }

  @Rpc(projectsRpc, 'people.list')
  async list(caller: Caller, { limit, after }: { limit: number; after?: string | undefined }): Output<'people.list'> {
    return this.people.list(await this.viewers.of(caller), limit, after);
  }

  @Rpc(projectsRpc, 'people.suspend')
  async suspend(caller: Caller, { person }: { person: string }): Output<'people.suspend'> {
    return this.people.setActive(await this.viewers.of(caller), person, false);
  }

  @Rpc(projectsRpc, 'people.restore')
  async restore(caller: Caller, { person }: { person: string }): Output<'people.restore'> {
    return this.people.setActive(await this.viewers.of(caller), person, true);
  }

  @Rpc(projectsRpc, 'people.erasable')
  erasable(_caller: Caller, input: RpcInput<typeof projectsRpc, 'people.erasable'>): Output<'people.erasable'> {
    return this.erasures.erasable(input);
  }

  @Rpc(projectsRpc, 'people.erase')
  erase(_caller: Caller, input: RpcInput<typeof projectsRpc, 'people.erase'>): Output<'people.erase'> {
    return this.erasures.erase(input);
  }

  @Rpc(projectsRpc, 'people.signInRefused')
  async signInRefused(_caller: Caller, input: RpcInput<typeof projectsRpc, 'people.signInRefused'>): Output<'people.signInRefused'> {
    await this.signIns.refused(input);
    return {};
  }

  @Rpc(projectsRpc, 'roles.grant')
  async grant(caller: Caller, input: RoleInput): Output<'roles.grant'> {
    return this.roles.grant(await this.viewers.of(caller), input);
  }

  @Rpc(projectsRpc, 'roles.revoke')
  async revoke(caller: Caller, input: RoleInput): Output<'roles.revoke'> {
    return this.roles.revoke(await this.viewers.of(caller), input);
  }

  @Rpc(projectsRpc, 'people.seed')
  async seed(
    _caller: Caller,
    input: { tenant: string; issuer: string; people: { subject: string; name: string; role: Role }[] },
  ): Output<'people.seed'> {
    return { tenantId: await this.people.seed(input) };
  }
}
