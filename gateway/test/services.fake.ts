import { projectsRpc, requestsRpc, type RpcContract, type RpcInput, type RpcOutput } from '@countersign/contracts';
import { AppError, type Role, type Viewer } from '@countersign/domain';

import { type ServiceClient, Services } from '../src/services.js';

export type RecordedCall = { readonly name: string; readonly input: unknown; readonly credential: string };
type Answers<Contract extends RpcContract> = {
  -readonly [Name in keyof Contract]?: (
    input: RpcInput<Contract, Name>,
    credential: string,
  ) => RpcOutput<Contract, Name> | Promise<RpcOutput<Contract, Name>>;
};

/** Answers what the test taught it, in the contract's form; any other call is a failure of the test. */
export class FakeClient<Contract extends RpcContract> implements ServiceClient<Contract> {
  readonly calls: RecordedCall[] = [];

  constructor(
    private readonly contract: Contract,
    readonly answers: Answers<Contract> = {},
  ) {}

  async call<Name extends keyof Contract & string>(
    name: Name,
    input: RpcInput<Contract, Name>,
    credential: string,
  ): Promise<RpcOutput<Contract, Name>> {
    this.calls.push({ name, input, credential });
    const method = this.contract[name];
    const answer = this.answers[name];
    if (!method || !answer) throw new Error(`nobody expected ${name}`);
    const parsed = method.input.safeParse(input);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new AppError('INVALID_INPUT', issue?.message ?? 'invalid', { field: issue?.path.join('.') ?? '' });
    }
    return method.output.parse(await answer(parsed.data as RpcInput<Contract, Name>, credential)) as RpcOutput<Contract, Name>;
  }

  timesCalled(name: keyof Contract & string): number {
    return this.calls.filter((call) => call.name === name).length;
  }
}

export const aViewer = (role: Role, over: Partial<Viewer> = {}): RpcOutput<typeof projectsRpc, 'people.me'> => ({
  personId: `person-${role}`,
  tenantId: 'tenant-1',
  name: role,
  issuer: 'https://issuer.test',
  subject: role,
  active: true,
  ...over,
  grants: [...(over.grants ?? [{ role, project: '*' }])],
});

export const anItem = (over: Partial<RpcOutput<typeof requestsRpc, 'requests.create'>> = {}) => ({
  id: 'r1',
  title: 'rename a to b',
  state: 'RECEIVED' as const,
  paused: false,
  project: 'sample',
  requester: 'reviewer',
  waitingFor: null,
  needsMe: false,
  createdAt: '2026-11-21T00:00:00.000Z',
  updatedAt: '2026-11-21T00:00:00.000Z',
  ...over,
});

export type FakeServices = {
  readonly services: Services;
  readonly requests: FakeClient<typeof requestsRpc>;
  readonly projects: FakeClient<typeof projectsRpc>;
};

/** `people.me` answers from the token's place in `viewers`; everything else is taught. */
export function fakeServices(viewerOf: (credential: string) => RpcOutput<typeof projectsRpc, 'people.me'>): FakeServices {
  const requests = new FakeClient(requestsRpc);
  const projects = new FakeClient(projectsRpc, { 'people.me': (_, credential) => viewerOf(credential) });
  return { services: new Services(requests, projects), requests, projects };
}
