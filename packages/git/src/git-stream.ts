import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

import { ErrorText, killGroup, type ProcessOptions, type ProcessResult } from './git-process.js';
import { scrubCredentials } from './scrub.js';

export type StreamEnd = Omit<ProcessResult, 'stdout'> & {
  /** Why it could not be started. */
  readonly cause?: Error;
};

/** A running git: nothing of what goes in or out is held in memory. */
export type GitStream = {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly done: Promise<StreamEnd>;
};

/** Starts one program in its own process group; never through a shell. Deadline and abort kill the whole group. */
export function startProcess(
  binary: string,
  args: readonly string[],
  { cwd, env, deadlineMs, signal }: Pick<ProcessOptions, 'cwd' | 'env' | 'deadlineMs' | 'signal'>,
): GitStream {
  const child = spawn(binary, [...args], { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const errors = new ErrorText(undefined);
  let killed: StreamEnd['killed'];
  const kill = (why: NonNullable<StreamEnd['killed']>): void => {
    killed ??= why;
    killGroup(child);
  };
  const onAbort = (): void => {
    kill('abort');
    // Nobody reads on, and what lies there would keep the process from being counted as ended.
    child.stdout.destroy();
  };
  const timer = setTimeout(() => kill('deadline'), deadlineMs);
  const done = new Promise<StreamEnd>((resolve) => {
    const settle = (end: Pick<StreamEnd, 'exitCode' | 'cause'>): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve({ ...end, stderr: scrubCredentials(errors.text()).trim(), killed });
    };
    child.on('error', (cause) => settle({ exitCode: null, cause }));
    child.on('close', (exitCode) => settle({ exitCode }));
  });
  child.stderr.on('data', (chunk: Buffer) => errors.add(chunk));
  // Its reader or writer may be gone first: how it ended tells.
  child.stdin.on('error', () => undefined);
  child.stdout.on('error', () => undefined);
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  return { stdin: child.stdin, stdout: child.stdout, done };
}
