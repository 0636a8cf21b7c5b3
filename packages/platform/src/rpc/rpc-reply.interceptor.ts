import { AppError } from '@countersign/domain';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { finalize, map, type Observable } from 'rxjs';

import { RPC_METHOD, type RpcHandlerMetadata } from './rpc.decorator.js';
import { MAX_MESSAGE_CHARS, type RpcReply } from './rpc-wire.contract.js';

/** Checks each result against the contract and wraps it; counts the calls that are being answered. */
export class RpcReplyInterceptor implements NestInterceptor<unknown, RpcReply> {
  private open = 0;

  get openCalls(): number {
    return this.open;
  }

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<RpcReply> {
    const { name, method } = Reflect.getMetadata(RPC_METHOD, context.getHandler()) as RpcHandlerMetadata;
    this.open += 1;
    return next.handle().pipe(
      map((result): RpcReply => {
        const checked = method.output.safeParse(result);
        if (!checked.success) {
          throw new AppError('INTERNAL', `${name} answered what its contract does not allow`, { cause: checked.error });
        }
        const chars = JSON.stringify(checked.data ?? null).length;
        if (chars > MAX_MESSAGE_CHARS) {
          throw new AppError('INTERNAL', `The answer of ${name} has ${chars} characters; ${MAX_MESSAGE_CHARS} fit`);
        }
        return { ok: true, output: checked.data };
      }),
      finalize(() => {
        this.open -= 1;
      }),
    );
  }
}
