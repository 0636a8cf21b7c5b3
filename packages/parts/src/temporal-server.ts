import { execFile } from 'node:child_process';
import { readlinkSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

import { accepts, assertPortFree } from './ports.js';
import { processesWithArgument, stopProcess } from './process-table.js';
import { SupervisedProcess, type SupervisedProcessOptions } from './supervised-process.js';

const run = promisify(execFile);
const NO_CONFIG = ['--disable-config-file', '--disable-config-env'];
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const PROBE_TIMEOUT_MS = 5_000;

export const SEARCH_ATTRIBUTES = {
  RequestState: 'Keyword',
  Project: 'Keyword',
  Tenant: 'Keyword',
  Gate: 'Keyword',
  Requester: 'Keyword',
  Deadline: 'Datetime',
} as const;

/**
 * How often in a second a shard may fetch from one of its queues. Temporal's default of 20 is meant for each of hundreds
 * of shards; this server has one, so that at the default its every step beyond the twentieth in a second waits up to 50 ms.
 */
const QUEUE_READS = 1_000;

const DYNAMIC_CONFIG = [
  // What the SDK's own test environment sets, so that both behave alike.
  'frontend.enableServerVersionCheck=false',
  'frontend.enableUpdateWorkflowExecution=true',
  'frontend.enableUpdateWorkflowExecutionAsyncAccepted=true',
  ...['transfer', 'timer', 'visibility'].map((queue) => `history.${queue}ProcessorMaxPollRPS=${QUEUE_READS}`),
];

export type TemporalServerOptions = {
  /** The `temporal` binary. */
  readonly cli: string;
  readonly port: number;
  readonly portSetting: string;
  /** Left out: no UI. */
  readonly ui?: { readonly port: number; readonly portSetting: string };
  /** Left out: everything is in memory. */
  readonly dbFile?: string;
  /** Beside `default`. */
  readonly namespaces?: readonly string[];
  readonly logFile: string;
} & Pick<SupervisedProcessOptions, 'onStarted' | 'onExit' | 'onRestarted'>;

export type TemporalServer = {
  readonly process: SupervisedProcess;
  readonly address: string;
  readonly uiUrl?: string;
};

/** The Temporal dev server on the loopback address with the namespace `default`; call `process.start()` then. */
export async function temporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const { cli, port, portSetting, ui, logFile } = options;
  await stopLeftOver(options);
  await assertPortFree(port, portSetting);
  if (ui) await assertPortFree(ui.port, ui.portSetting);
  const address = `127.0.0.1:${port}`;
  const env = cliEnvironment(logFile);
  const supervised = new SupervisedProcess({
    name: 'temporal',
    command: cli,
    args: startDevArguments(options),
    env,
    port,
    logFile,
    prepare: () => stopLeftOver(options),
    stopTimeoutMs: STOP_TIMEOUT_MS,
    isReady: async () => {
      // Asking takes a process of 90 MB each time.
      if (!(await accepts('127.0.0.1', port))) return false;
      const args = ['operator', 'namespace', 'describe', '--namespace', 'default', '--address', address, ...NO_CONFIG];
      await run(cli, args, { env, timeout: PROBE_TIMEOUT_MS });
      return true;
    },
    readyTimeoutMs: READY_TIMEOUT_MS,
    ...(options.onStarted && { onStarted: options.onStarted }),
    ...(options.onExit && { onExit: options.onExit }),
    ...(options.onRestarted && { onRestarted: options.onRestarted }),
  });
  return { process: supervised, address, ...(ui && { uiUrl: `http://127.0.0.1:${ui.port}` }) };
}

/** Two servers on one file would corrupt it; a killed parent may have left one. */
async function stopLeftOver({ cli, dbFile }: TemporalServerOptions): Promise<void> {
  if (!dbFile) return;
  for (const left of processesWithArgument(dbFile).filter(({ pid }) => runs(pid, cli))) {
    await stopProcess(left, { signal: 'SIGTERM', timeoutMs: STOP_TIMEOUT_MS });
  }
}

function runs(pid: number, cli: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`) === realpathSync(cli);
  } catch {
    return false;
  }
}

function startDevArguments({ port, ui, dbFile, namespaces = [] }: TemporalServerOptions): string[] {
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port)],
    ...flags('--namespace', ['default', ...namespaces]),
    ...(ui ? ['--ui-ip', '127.0.0.1', '--ui-port', String(ui.port), '--ui-disable-news-fetch'] : ['--headless']),
    // Not WAL by default; with one connection for every service that is what makes it slow.
    ...(dbFile ? ['--db-filename', dbFile, ...flags('--sqlite-pragma', ['journal_mode=wal', 'synchronous=1'])] : []),
    ...flags('--search-attribute', Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => `${name}=${type}`)),
    ...flags('--dynamic-config-value', DYNAMIC_CONFIG),
    ...['--log-format', 'json', '--log-level', 'warn', ...NO_CONFIG],
  ];
}

function flags(name: string, values: readonly string[]): string[] {
  return values.flatMap((value) => [name, value]);
}

/** A person's own `temporal` profile must not point the server or the probe elsewhere; beside the log there is none. */
function cliEnvironment(logFile: string): NodeJS.ProcessEnv {
  return { PATH: '/usr/bin:/bin', HOME: dirname(logFile) };
}
