import { mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const LOG_KEPT_BYTES = 10_000_000;

const SECRET_KEYS = [
  'authorization',
  'cookie',
  'token',
  'access_token',
  'refresh_token',
  'credential',
  'password',
  'client_secret',
  'secret',
];

// pino's wildcard stands for exactly one level, so each depth is its own path.
const REDACTED_PATHS = ['', '*.', '*.*.'].flatMap((depth) => [
  ...SECRET_KEYS.map((key) => `${depth}${key}`),
  `${depth}["set-cookie"]`.replace('.[', '['),
]);

type LoggedError = { type: string; message: string; code?: unknown; stack?: string; cause?: LoggedError };

/** Database errors carry query parameters and HTTP errors whole requests: only these fields are ever logged. */
function toLoggedError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined || depth >= 3 ? {} : { cause: toLoggedError(error.cause, depth + 1) }),
  };
}

/**
 * JSON lines on stderr: stdout belongs to what a command answers. Credentials are redacted by key up to three levels
 * deep; `err` is reduced to type, message, code, stack and cause.
 */
export function createLogger(
  name: string,
  level: LogLevel = 'info',
  destination: DestinationStream = pino.destination(2),
): Logger {
  return pino(
    {
      name,
      level,
      redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
      serializers: { err: (error: unknown) => toLoggedError(error) },
    },
    destination,
  );
}

/** A file that only its owner reads, appended to; one that grew large is put aside first. Lines are written at once. */
export function logFile(path: string): DestinationStream {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_KEPT_BYTES) renameSync(path, `${path}.1`);
  return pino.destination({ dest: path, mode: 0o600, sync: true });
}
