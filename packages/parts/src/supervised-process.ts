import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { OsUser } from './os-user.js';
import { PartError } from './part-error.js';
import { killGroup, processStartTime, stopProcess, type ProcessRef } from './process-table.js';

const PROBE_EVERY_MS = 30;
const LOG_KEPT_BYTES = 10_000_000;
const FIRST_RESTART_MS = 500;
const LAST_RESTART_MS = 10_000;
/** A child that ran this long is healthy again: the next restart is quick. */
const HEALTHY_AFTER_MS = 60_000;

export type ChildRecord = ProcessRef & { readonly name: string; readonly port?: number };
export type ProcessExit = { readonly name: string; readonly reason: string; readonly restartInMs: number };

export type SupervisedProcessOptions = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly runAs?: OsUser;
  readonly port?: number;
  readonly logFile: string;
  /** True once it answers; an error counts as not yet. */
  readonly isReady: () => Promise<boolean>;
  readonly readyTimeoutMs: number;
  readonly stopSignal?: NodeJS.Signals;
  readonly stopTimeoutMs?: number;
  /** Runs before every start, restarts too: clears what a killed predecessor left. */
  readonly prepare?: () => Promise<void>;
  /** Called with every new child, before it is ready: whoever keeps the lock file writes it down. */
  readonly onStarted?: (child: ChildRecord) => void | Promise<void>;
  /** It ended without being told to; it is started again after `restartInMs`. */
  readonly onExit?: (exit: ProcessExit) => void;
  readonly onRestarted?: (child: ChildRecord) => void;
};

/**
 * One child in a process group of its own, started again whenever it ends by itself.
 *
 * The group is what makes a kill -9 of the parent survivable: the child lives on, and the next start finds it by the
 * record that `onStarted` wrote.
 */
export class SupervisedProcess {
  private child: ChildProcess | undefined;
  private record: ChildRecord | undefined;
  private isWanted = false;
  private isLaunching = false;
  private startedAt = 0;
  private restartMs = FIRST_RESTART_MS;
  private readonly wake = new AbortController();

  constructor(private readonly options: SupervisedProcessOptions) {}

  get current(): ChildRecord | undefined {
    return this.record;
  }

  async start(): Promise<ChildRecord> {
    this.isWanted = true;
    try {
      return await this.launch();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.isWanted = false;
    this.wake.abort();
    await this.end();
  }

  private async launch(): Promise<ChildRecord> {
    const { name, port, prepare, onStarted } = this.options;
    this.isLaunching = true;
    try {
      await prepare?.();
      this.assertWanted();
      const child = this.spawnChild();
      child.once('exit', (code, signal) => this.ended(child, signal ?? `exit code ${code}`));
      const record = await spawned(child, name, port);
      this.child = child;
      this.record = record;
      this.startedAt = Date.now();
      await onStarted?.(record);
      await this.ready(child);
      return record;
    } catch (error) {
      await this.end();
      throw error;
    } finally {
      this.isLaunching = false;
    }
  }

  private async end(): Promise<void> {
    const { record } = this;
    if (!record) return;
    const { stopSignal = 'SIGTERM', stopTimeoutMs = 10_000 } = this.options;
    const wasRunning = await stopProcess(record, { signal: stopSignal, timeoutMs: stopTimeoutMs });
    // It ended by itself; what it had started may not have.
    if (!wasRunning) killGroup(record.pid);
    this.record = undefined;
  }

  private spawnChild(): ChildProcess {
    const { command, args, env, cwd, runAs, logFile } = this.options;
    const log = openLog(logFile);
    try {
      return spawn(command, args, {
        env,
        ...(cwd !== undefined && { cwd }),
        ...(runAs && { uid: runAs.uid, gid: runAs.gid }),
        detached: true,
        stdio: ['ignore', log, log],
      });
    } finally {
      closeSync(log);
    }
  }

  private async ready(child: ChildProcess): Promise<void> {
    const { name, isReady, readyTimeoutMs, logFile } = this.options;
    const deadline = Date.now() + readyTimeoutMs;
    while (Date.now() < deadline && !hasEnded(child)) {
      this.assertWanted();
      const answers = await isReady().catch(() => false);
      // Another server may answer on the port that this one could not get.
      if (answers && !hasEnded(child)) return;
      await sleep(PROBE_EVERY_MS);
    }
    const why = hasEnded(child) ? 'ended while it started' : `did not answer within ${readyTimeoutMs / 1000} s`;
    throw new PartError('PART_NOT_READY', `${name} ${why}.\n${tail(logFile)}`, `Look into ${logFile}.`);
  }

  private assertWanted(): void {
    const { name } = this.options;
    if (!this.isWanted) throw new PartError('PART_NOT_READY', `${name} was stopped while it started.`, 'Start it again.');
  }

  private ended(child: ChildProcess, reason: string): void {
    // While it is being launched, whoever launches sees that it ended.
    if (!this.isWanted || this.isLaunching || child !== this.child) return;
    if (Date.now() - this.startedAt > HEALTHY_AFTER_MS) this.restartMs = FIRST_RESTART_MS;
    void this.restart(reason);
  }

  private async restart(first: string): Promise<void> {
    let reason = first;
    while (this.isWanted) {
      const restartInMs = this.restartMs;
      this.restartMs = Math.min(restartInMs * 2, LAST_RESTART_MS);
      if (this.record) killGroup(this.record.pid);
      this.options.onExit?.({ name: this.options.name, reason, restartInMs });
      await sleep(restartInMs, undefined, { signal: this.wake.signal }).catch(() => undefined);
      if (!this.isWanted) return;
      const outcome = await this.launch().catch((error: unknown) => error as Error);
      if (!(outcome instanceof Error)) return this.options.onRestarted?.(outcome);
      reason = outcome.message;
    }
  }
}

function spawned(child: ChildProcess, name: string, port: number | undefined): Promise<ChildRecord> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      const message = `${name} could not be started: ${error.message}`;
      reject(new PartError('PART_MISSING', message, `Check that ${child.spawnfile} exists and may be run.`, { cause: error }));
    });
    child.once('spawn', () => {
      const pid = child.pid ?? 0;
      resolve({ name, pid, startTime: processStartTime(pid) ?? 0, ...(port !== undefined && { port }) });
    });
  });
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_KEPT_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

function tail(path: string): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
}
