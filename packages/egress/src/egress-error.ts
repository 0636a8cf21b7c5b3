import { AppError } from '@countersign/domain';

/** What the client inside is answered, where it is still listening. */
export type RefusalStatus = 400 | 403 | 413 | 421 | 429 | 502 | 504;

/** A rule or a limit says no. */
export function refused(status: RefusalStatus, reason: string): AppError {
  return new AppError('EGRESS_REFUSED', reason, { details: { status } });
}

/** The rules say yes, and the other side does not answer. */
export function unreachable(status: 502 | 504, reason: string, cause?: unknown): AppError {
  return new AppError('EGRESS_UNAVAILABLE', reason, { details: { status }, ...(cause === undefined ? {} : { cause }) });
}

export function statusOf(error: unknown): number {
  const status: unknown = error instanceof AppError && typeof error.details === 'object' ? Reflect.get(error.details ?? {}, 'status') : undefined;
  return typeof status === 'number' ? status : 502;
}

/** Never the text of a foreign error: it may quote what was sent. */
export function reasonOf(error: unknown): string {
  return error instanceof AppError ? error.message : 'the connection broke';
}

export function isRefusal(error: unknown): boolean {
  return error instanceof AppError && error.code === 'EGRESS_REFUSED';
}
