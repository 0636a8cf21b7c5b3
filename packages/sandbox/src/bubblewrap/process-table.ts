import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

/** A process by number and the time it began: numbers are used again. */
export type ProcessRef = { readonly pid: number; readonly startTime: number };

const STEP_MS = 10;
/** Fields of /proc/<pid>/stat after the program's name. */
const STATE = 0;
const START_TIME = 19;

async function statOf(pid: number): Promise<readonly string[] | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name in parentheses may hold spaces and parentheses.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Undefined where no such process is alive. One that waits for its parent to notice is dead. */
export async function processRef(pid: number): Promise<ProcessRef | undefined> {
  const stat = await statOf(pid);
  if (!stat || stat[STATE] === 'Z' || stat[STATE] === 'X') return undefined;
  return { pid, startTime: Number(stat[START_TIME]) };
}

export async function isAlive({ pid, startTime }: ProcessRef): Promise<boolean> {
  return (await processRef(pid))?.startTime === startTime;
}

export function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Answers whether it is gone: something that hangs in the kernel ends when the kernel lets it. */
export async function killed(ref: ProcessRef, timeoutMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += STEP_MS) {
    if (!(await isAlive(ref))) return true;
    signal(ref.pid);
    await setTimeout(STEP_MS);
  }
  return !(await isAlive(ref));
}
