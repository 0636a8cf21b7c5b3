import { AppError } from '@countersign/domain';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { type Observable, throwError, timeout } from 'rxjs';

/** Ends an operation that takes too long; what it asked of a service may still happen. */
export class DeadlineInterceptor implements NestInterceptor {
  constructor(private readonly deadlineMs: number) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType<string>() !== 'graphql') return next.handle();
    return next.handle().pipe(timeout({ each: this.deadlineMs, with: () => throwError(() => this.late()) }));
  }

  private late(): AppError {
    return new AppError('DEADLINE_EXCEEDED', `No answer within ${this.deadlineMs} ms; whether it was carried out is not known`);
  }
}
