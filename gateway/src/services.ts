import type { projectsRpc, requestsRpc, RpcContract, RpcInput, RpcOutput } from '@countersign/contracts';

/** One of our services, as `RpcClient` offers it; `credential` is the person's own access token. */
export interface ServiceClient<Contract extends RpcContract> {
  call<Name extends keyof Contract & string>(
    name: Name,
    input: RpcInput<Contract, Name>,
    credential: string,
  ): Promise<RpcOutput<Contract, Name>>;
  close?(): void;
}

/** The services behind the gateway. They authorise every call again. */
export class Services {
  constructor(
    readonly requests: ServiceClient<typeof requestsRpc>,
    readonly projects: ServiceClient<typeof projectsRpc>,
  ) {}
}
