import { type LogMetadata, makeTelemetryFilterString, Runtime, type Logger as TemporalLogger } from '@temporalio/worker';

import type { Logger, LogLevel } from '../logging/logger.js';

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
type TemporalLevel = keyof typeof LEVELS;

/** Each of our workers is one of the two by design, and the SDK warns of it at every start. */
const BY_DESIGN: ReadonlySet<string> = new Set([
  'No workflows registered, not polling for workflow tasks',
  'No activities registered, not polling for activity tasks',
]);

let isInstalled = false;

/**
 * Once per process, before the first worker: Temporal's own lines go to our log, and signals stay with the process's
 * main file. A second call does nothing.
 */
export function installRuntime(logger: Logger): void {
  if (isInstalled) return;
  Runtime.install({
    logger: toTemporalLogger(logger.child({ part: 'temporal' })),
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
    },
  });
  isInstalled = true;
}

function toTemporalLogger(logger: Logger): TemporalLogger {
  const write = (level: Exclude<LogLevel, 'silent'>, message: string, meta: LogMetadata = {}): void => {
    const { error, ...rest } = meta;
    const shown = BY_DESIGN.has(message) ? 'debug' : level;
    logger[shown](error === undefined ? rest : { ...rest, err: error }, message);
  };
  return {
    log: (level: TemporalLevel, message, meta) => write(LEVELS[level], message, meta),
    trace: (message, meta) => write('trace', message, meta),
    debug: (message, meta) => write('debug', message, meta),
    info: (message, meta) => write('info', message, meta),
    warn: (message, meta) => write('warn', message, meta),
    error: (message, meta) => write('error', message, meta),
  };
}
