import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process by pid and start time (clock ticks since boot), so that a reused pid is never taken for it. */
export type ProcessRef = { readonly pid: number; readonly startTime: number };

/** Field 22 of /proc/<pid>/stat; undefined where the process is gone or a zombie. 0 where there is no /proc. */
export function processStartTime(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name in brackets may itself hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  } catch {
    return process.platform !== 'linux' && canSignal(pid) ? 0 : undefined;
  }
}

export function isRunning({ pid, startTime }: ProcessRef): boolean {
  return processStartTime(pid) === startTime;
}

export function thisProcess(): ProcessRef {
  return { pid: process.pid, startTime: processStartTime(process.pid) ?? 0 };
}

/** Processes that were started with exactly this argument: a path of ours is on nobody else's command line. */
export function processesWithArgument(argument: string): ProcessRef[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || !argumentsOf(pid).includes(argument)) return [];
    const startTime = processStartTime(pid);
    return startTime === undefined ? [] : [{ pid, startTime }];
  });
}

export type StopOptions = {
  readonly signal: NodeJS.Signals;
  readonly timeoutMs: number;
};

/**
 * Asks a process to end, waits, then kills what is left of its process group. Returns false where it was gone already. The process has to
 * lead its group: everything that is spawned by this package does.
 */
export async function stopProcess(target: ProcessRef, { signal, timeoutMs }: StopOptions): Promise<boolean> {
  if (!isRunning(target)) return false;
  send(target.pid, signal);
  const deadline = Date.now() + timeoutMs;
  while (isRunning(target) && Date.now() < deadline) await sleep(20);
  if (isRunning(target)) {
    send(-target.pid, 'SIGKILL');
    while (isRunning(target)) await sleep(20);
  }
  killGroup(target.pid);
  return true;
}

/** Kills what is left of a group whose leader may be gone. */
export function killGroup(pid: number): void {
  send(-pid, 'SIGKILL');
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone in between.
  }
}

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function canSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
