import { AppError, ERRORS } from '@countersign/domain';
import { type ArgumentsHost, Catch, type RpcExceptionFilter } from '@nestjs/common';
import { type Observable, of } from 'rxjs';

import type { Logger } from '../logging/logger.js';
import { toDatabaseError } from '../postgres/connection-failure.js';
import { type RpcReply, toFault } from './rpc-wire.contract.js';

/** Turns what was thrown into the reply's error: an AppError as it is, anything else into INTERNAL, logged here only. */
@Catch()
export class RpcErrorFilter implements RpcExceptionFilter<unknown> {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): Observable<RpcReply> {
    const method = host.switchToRpc().getContext<{ getPattern?: () => string }>().getPattern?.();
    const error = toDatabaseError(thrown);
    if (error instanceof AppError) {
      const level = ERRORS[error.code].kind === 'unexpected' ? 'error' : 'debug';
      this.logger[level]({ method, err: error }, `refused with ${error.code}`);
      return of({ ok: false, error: toFault(error) });
    }
    this.logger.error({ method, err: error }, 'a call failed unexpectedly');
    return of({ ok: false, error: { code: 'INTERNAL', message: 'Something went wrong; the log of the service says what' } });
  }
}
