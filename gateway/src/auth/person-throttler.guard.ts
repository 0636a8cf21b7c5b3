import { AppError } from '@countersign/domain';
import { type ExecutionContext, Injectable } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';

import { requestOf, type RequestWithPerson } from './signed-in.js';

/** Limits one person's HTTP requests; a document with several fields counts once. */
@Injectable()
export class PersonThrottlerGuard extends ThrottlerGuard {
  protected override getRequestResponse(context: ExecutionContext) {
    return requestOf(context);
  }

  protected override async shouldSkip(context: ExecutionContext): Promise<boolean> {
    const { req } = requestOf(context);
    const isCounted = !req.signedIn || req.isCounted === true;
    // Fields of one document are guarded side by side: the first to come here counts for all.
    req.isCounted = true;
    return isCounted;
  }

  protected override async getTracker(req: RequestWithPerson): Promise<string> {
    return `${req.signedIn?.caller.issuer} ${req.signedIn?.caller.subject}`;
  }

  protected override generateKey(_context: ExecutionContext, tracker: string): string {
    return tracker;
  }

  protected override async throwThrottlingException(context: ExecutionContext): Promise<void> {
    const seconds = requestOf(context).res.getHeader('Retry-After');
    throw new AppError('RATE_LIMITED', `Too many requests; try again in ${String(seconds)} s`);
  }
}
