import type { RpcContract, RpcInput, RpcOutput } from '@countersign/contracts';
import { AppError } from '@countersign/domain';
import { ClientTCP, type Deserializer, type IncomingResponse } from '@nestjs/microservices';
import { firstValueFrom, TimeoutError, timeout } from 'rxjs';

import type { ServiceTokens } from '../tokens/service-tokens.js';
import { PromptSocket } from './prompt-socket.js';
import { fromFault, MAX_MESSAGE_CHARS, parseInput, rpcReply } from './rpc-wire.contract.js';

export type RpcClientOptions = {
  readonly host: string;
  readonly port: number;
  /** For one call, connecting included. Default 10 000. */
  readonly deadlineMs?: number;
};

/** What the called process itself said went wrong with a packet: no connection was lost. */
class RemoteFault extends Error {
  override readonly name = 'RemoteFault';
}

const deserializer: Deserializer<IncomingResponse, IncomingResponse> = {
  deserialize: (packet) => (packet.err ? { ...packet, err: new RemoteFault(String(packet.err)) } : packet),
};

/** Nest would log connection errors by itself; here every one becomes the caller's SERVICE_UNAVAILABLE. */
class QuietClientTcp extends ClientTCP {
  override handleError(): void {
    // The pending calls are told by the connection's close.
  }
}

/** Calls one service by its contract over one connection, made at the first call and again after a loss. */
export class RpcClient<Contract extends RpcContract> {
  private readonly transport: ClientTCP;
  private readonly deadlineMs: number;

  constructor(
    private readonly contract: Contract,
    private readonly options: RpcClientOptions,
  ) {
    this.deadlineMs = options.deadlineMs ?? 10_000;
    this.transport = new QuietClientTcp({
      host: options.host,
      port: options.port,
      socketClass: PromptSocket,
      deserializer,
    });
  }

  /**
   * @throws AppError with the code that the service gave; INVALID_INPUT before sending where the input does not fit;
   * SERVICE_UNAVAILABLE (retry) where the connection failed or the deadline passed: then nobody knows whether the
   * call was carried out.
   */
  async call<Name extends keyof Contract & string>(
    name: Name,
    input: RpcInput<Contract, Name>,
    credential: string,
  ): Promise<RpcOutput<Contract, Name>> {
    const method = this.contract[name];
    if (!method) throw new AppError('INTERNAL', `The contract has no method ${name}`);
    const message = { credential, input: parseInput(method.input, input) };
    const chars = JSON.stringify(message).length;
    if (chars > MAX_MESSAGE_CHARS) {
      throw new AppError('INVALID_INPUT', `The message of ${name} has ${chars} characters; ${MAX_MESSAGE_CHARS} fit`);
    }
    const reply = rpcReply.safeParse(await this.exchange(name, message));
    if (!reply.success) throw new AppError('INTERNAL', `${name} was answered in a form that is not ours`);
    if (!reply.data.ok) throw fromFault(reply.data.error);
    const output = method.output.safeParse(reply.data.output);
    if (!output.success) {
      throw new AppError('INTERNAL', `${name} was answered as its contract does not allow`, { cause: output.error });
    }
    return output.data as RpcOutput<Contract, Name>;
  }

  close(): void {
    this.transport.close();
  }

  private async exchange(name: string, message: object): Promise<unknown> {
    try {
      return await firstValueFrom(this.transport.send<unknown>(name, message).pipe(timeout(this.deadlineMs)));
    } catch (error) {
      if (error instanceof RemoteFault) {
        throw new AppError('INTERNAL', `The service did not take ${name}: ${error.message}`, { cause: error });
      }
      const where = `${this.options.host}:${this.options.port}`;
      const what = error instanceof TimeoutError ? `did not answer within ${this.deadlineMs} ms` : 'cannot be reached';
      throw new AppError('SERVICE_UNAVAILABLE', `The service at ${where} ${what} (${name})`, { cause: error });
    }
  }
}

export type ServiceRpc<Contract extends RpcContract> = {
  call<Name extends keyof Contract & string>(
    name: Name,
    input: RpcInput<Contract, Name>,
  ): Promise<RpcOutput<Contract, Name>>;
};

/** The same client, speaking as a service of ours: each call carries a fresh token for `audience`. */
export function rpcWithServiceToken<Contract extends RpcContract>(
  client: RpcClient<Contract>,
  tokens: Pick<ServiceTokens, 'issue'>,
  audience: string,
): ServiceRpc<Contract> {
  return { call: async (name, input) => client.call(name, input, await tokens.issue(audience)) };
}
