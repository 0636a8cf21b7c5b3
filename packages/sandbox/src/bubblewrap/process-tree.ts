import { readdir, readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

import { isAlive, type ProcessRef } from './process-table.js';

const STEP_MS = 10;
/** Stopped, traced, dead. */
const STILL = 'TtZX';
/** A scan is no instant: what was forked during one is seen by the next. */
const QUIET_SCANS = 2;

type Member = { readonly pid: number; readonly isStill: boolean };

/**
 * Stops the first process of a pid namespace and everything that descends from it: what has no parent any more is its child.
 * Nobody inside is left to continue them.
 *
 * @returns false, with all of them running again, where they could not be stopped in time.
 */
export async function paused(leader: ProcessRef, timeoutMs: number): Promise<boolean> {
  let quiet = 0;
  for (let waitedMs = 0; waitedMs < timeoutMs && (await isAlive(leader)); waitedMs += STEP_MS) {
    const running = (await treeOf(leader.pid)).filter(({ isStill }) => !isStill);
    quiet = running.length === 0 ? quiet + 1 : 0;
    if (quiet === QUIET_SCANS) return true;
    for (const { pid } of running) send(pid, 'SIGSTOP');
    await setTimeout(STEP_MS);
  }
  await resumed(leader);
  return false;
}

export async function resumed(leader: ProcessRef): Promise<void> {
  if (!(await isAlive(leader))) return;
  for (const { pid } of await treeOf(leader.pid)) send(pid, 'SIGCONT');
}

async function treeOf(root: number): Promise<readonly Member[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    const [, parent] = /^\d+$/.test(name) ? await statusOf(`/proc/${name}/stat`) : [];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const found = [root];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return Promise.all(found.map(async (pid) => ({ pid, isStill: await isStill(pid) })));
}

/** Each thread for itself: one may still be writing when the first is stopped. */
async function isStill(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const states = await Promise.all(threads.map(async (thread) => (await statusOf(`/proc/${pid}/task/${thread}/stat`))[0] ?? 'X'));
  return states.every((state) => STILL.includes(state));
}

/** State and parent. The name before them, in parentheses, may hold spaces and parentheses. */
async function statusOf(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text === '' ? [] : text.slice(text.lastIndexOf(')') + 2).split(' ', 2);
}

function send(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
