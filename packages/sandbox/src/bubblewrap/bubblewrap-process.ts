import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';

import { ARGUMENTS_FD, SECCOMP_FD, STATUS_FD } from './bubblewrap-arguments.mapper.js';
import { killed, processRef, type ProcessRef } from './process-table.js';
import { RunnerChannel } from './runner-channel.js';

const START_MS = 20_000;
const KILL_MS = 10_000;
const KEPT_STDERR_CHARS = 2000;
/** Of bubblewrap itself and of the programs that prepare it; nothing of the worker's own. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

export type Launch = {
  readonly argv: readonly [string, ...string[]];
  /** Read by bubblewrap from a descriptor. */
  readonly options: readonly string[];
  readonly seccomp: Buffer;
};

/**
 * One run of bubblewrap with our runner as its program. All its processes live in one pid namespace: they end with its
 * first process, which ends with bubblewrap, which ends with the worker.
 */
export class BubblewrapProcess {
  readonly channel: RunnerChannel;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #leader: ProcessRef | undefined;
  #status = '';
  #stderr = '';

  constructor({ argv: [program, ...args], options, seccomp }: Launch) {
    const child = spawn(program, args, { env: ENVIRONMENT, cwd: '/', stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'] });
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#stderr += error.message;
        resolve();
      });
      child.once('close', () => resolve());
    });
    for (const [fd, bytes] of [[ARGUMENTS_FD, Buffer.from(`${options.join('\0')}\0`)], [SECCOMP_FD, seccomp]] as const) {
      const pipe = child.stdio[fd] as Writable;
      // What ends before it has read this says why on stderr.
      pipe.on('error', () => undefined);
      pipe.end(bytes);
    }
    (child.stdio as readonly (Readable | undefined)[])[STATUS_FD]?.on('error', () => undefined).on('data', (bytes: Buffer) => (this.#status += bytes.toString('utf8')));
    child.stderr?.on('data', (bytes: Buffer) => (this.#stderr = (this.#stderr + bytes.toString('utf8')).slice(-KEPT_STDERR_CHARS)));
    if (!child.stdin || !child.stdout) throw new Error('A process without pipes');
    this.channel = new RunnerChannel(child.stdin, child.stdout, () => void this.kill());
    void this.#exited.then(() => this.channel.close());
  }

  /** What it said before it failed. */
  get account(): string {
    return this.#stderr.trim();
  }

  get leader(): ProcessRef | undefined {
    return this.#leader;
  }

  /** False where it did not come up. */
  async started(): Promise<boolean> {
    const late = new AbortController();
    const isReady = await Promise.race([this.channel.ready, setTimeout(START_MS, false, { signal: late.signal }).catch(() => false)]);
    late.abort();
    const pid = Number(/"child-pid":\s*(\d+)/.exec(this.#status)?.[1]);
    if (isReady && pid > 0) this.#leader = await processRef(pid);
    return this.#leader !== undefined;
  }

  /** Every process of it is dead afterwards. */
  async kill(): Promise<void> {
    if (this.#leader) await killed(this.#leader, KILL_MS);
    this.#child.kill('SIGKILL');
    await this.ended();
  }

  /** Settles when nothing of it lives any more. */
  async ended(): Promise<void> {
    await this.#exited;
    if (this.#leader) await killed(this.#leader, KILL_MS);
  }
}
