import { type ErrorCode, type ErrorKind, ERRORS, isErrorCode } from '@countersign/domain';

/** Issue 3, section 4. */
export const EXIT_CODES: Readonly<Record<ErrorKind, number>> = {
  unexpected: 1,
  usage: 2,
  auth: 3,
  forbidden: 3,
  refused: 4,
  notFound: 5,
  limited: 6,
  unavailable: 6,
};

/** A command's failure: what is printed and how the process ends. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly field?: string,
  ) {
    super(message);
  }
}

export function exitCodeOf(code: string | null | undefined): number {
  return isErrorCode(code) ? EXIT_CODES[ERRORS[code].kind] : 1;
}

export function usage(message: string, field?: string): CliError {
  return new CliError('INVALID_INPUT', message, field);
}
