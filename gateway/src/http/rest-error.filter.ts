import { AppError } from '@countersign/domain';
import type { Logger } from '@countersign/platform';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Request, Response } from 'express';

import { toApiError } from '../graphql/api-error.js';
import { refuse } from './refusal.js';

function toAppError(error: unknown): unknown {
  if (!(error instanceof HttpException)) return error;
  const status = error.getStatus();
  if (status === 404) return new AppError('NOT_FOUND', 'There is nothing at this address');
  return status < 500 ? new AppError('INVALID_INPUT', 'The request cannot be served') : error;
}

/** REST answers `{ error: { code, message, field? } }`; a GraphQL error goes on to Apollo's formatter untouched. */
@Catch()
export class RestErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    if (host.getType<string>() === 'graphql') return error;
    const http = host.switchToHttp();
    const req = http.getRequest<Request>();
    refuse(http.getResponse<Response>(), req.path, toApiError(toAppError(error), this.logger));
    return undefined;
  }
}
