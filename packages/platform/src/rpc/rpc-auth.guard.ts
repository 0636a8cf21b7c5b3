import { AppError } from '@countersign/domain';
import type { CanActivate, ExecutionContext } from '@nestjs/common';

import type { NoteRefusal } from '../refusals/refusals.js';
import type { Caller } from '../tokens/caller.js';
import type { TokenVerifier } from '../tokens/token-verifier.js';
import { acceptCall } from './accepted-call.js';
import { RPC_METHOD, type RpcHandlerMetadata } from './rpc.decorator.js';
import { parseInput, rpcEnvelope } from './rpc-wire.contract.js';

type Verifier = Pick<TokenVerifier, 'verify'>;
/** Who sent a message. */
export type CallerOf = (message: unknown, verifier: Verifier) => Promise<Caller>;

/** As the credential says that the message carries, and nothing else of it. */
export const verifiedCaller: CallerOf = async (message, verifier) => {
  const envelope = rpcEnvelope.safeParse(message);
  if (!envelope.success) throw new AppError('UNAUTHENTICATED', 'The message carries no credential');
  return verifier.verify(envelope.data.credential);
};

/** Lets a message through when its sender is verified, listed in the contract, and its input fits. */
export class RpcAuthGuard implements CanActivate {
  constructor(
    private readonly verifier: Verifier,
    private readonly callerOf: CallerOf,
    private readonly refused: NoteRefusal,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const metadata = Reflect.getMetadata(RPC_METHOD, context.getHandler()) as RpcHandlerMetadata | undefined;
    // A handler made without @Rpc has no list of callers, so nobody may call it.
    if (!metadata) throw new AppError('FORBIDDEN', 'This message is not part of a contract');

    const message = context.switchToRpc().getData<{ readonly input?: unknown }>();
    const caller = await this.sender(message);
    const allowed: readonly string[] = metadata.method.callers;
    if (!allowed.includes(roleOf(caller))) {
      throw new AppError('FORBIDDEN', `${metadata.name} may not be called by ${describe(caller)}`);
    }
    acceptCall(message, { caller, input: parseInput(metadata.method.input, message.input) });
    return true;
  }

  private async sender(message: unknown): Promise<Caller> {
    try {
      return await this.callerOf(message, this.verifier);
    } catch (error) {
      // Not where the issuer is away, which is no refusal.
      if (error instanceof AppError && error.code === 'UNAUTHENTICATED') this.refused(error.code);
      throw error;
    }
  }
}

const roleOf = (caller: Caller): string => (caller.kind === 'person' ? 'person' : caller.name);
const describe = (caller: Caller): string => (caller.kind === 'person' ? 'a person' : `the service ${caller.name}`);
