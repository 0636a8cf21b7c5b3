import type { RpcContract, RpcMethod } from '@countersign/contracts';
import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import type { z } from 'zod';

import type { Caller } from '../tokens/caller.js';
import { acceptedCall } from './accepted-call.js';

/** Metadata key under which every handler made by `@Rpc` carries its `RpcHandlerMetadata`. */
export const RPC_METHOD = 'countersign:rpc-method';

export type RpcHandlerMetadata = { readonly name: string; readonly method: RpcMethod };

const FromCaller = createParamDecorator((_data: unknown, context: ExecutionContext) => messageOf(context).caller);
const FromInput = createParamDecorator((_data: unknown, context: ExecutionContext) => messageOf(context).input);

const messageOf = (context: ExecutionContext) => acceptedCall(context.switchToRpc().getData<unknown>());

type Handler<Method extends RpcMethod> = (
  caller: Caller,
  input: z.output<Method['input']>,
) => Promise<z.input<Method['output']>>;

/**
 * Makes a controller method answer one method of a contract. It gets `(caller, input)`, both verified, and its result
 * is checked against the contract; a method of another shape does not compile.
 */
export function Rpc<Contract extends RpcContract, Name extends keyof Contract & string>(contract: Contract, name: Name) {
  return <Method extends Handler<Contract[Name]>>(
    target: object,
    key: string,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    const method = contract[name];
    if (!method) throw new TypeError(`The contract has no method ${name}`);
    FromCaller()(target, key, 0);
    FromInput()(target, key, 1);
    SetMetadata<string, RpcHandlerMetadata>(RPC_METHOD, { name, method })(target, key, descriptor);
    MessagePattern(name)(target, key, descriptor);
  };
}
