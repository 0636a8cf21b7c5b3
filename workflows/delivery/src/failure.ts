import { isErrorCode, type ErrorCode } from '@countersign/domain';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';

/** The code of an activity that ended for good, from its failure's type; never from its message. */
export function codeOf(error: unknown): ErrorCode | undefined {
  const failure = error instanceof ActivityFailure ? error.cause : error;
  return failure instanceof ApplicationFailure && isErrorCode(failure.type) ? failure.type : undefined;
}

export function isSuperseded(error: unknown): boolean {
  return codeOf(error) === 'RUN_SUPERSEDED';
}

export function textOf(error: unknown): string {
  const failure = error instanceof ActivityFailure ? error.cause : error;
  return failure instanceof Error ? failure.message : '';
}
