import { AppError } from '@countersign/domain';

import type { ExecRequest, ExecResult, SandboxSession } from '../ports/sandbox.port.js';
import { ExecRecord } from '../output/exec-record.js';
import type { BubblewrapProcess } from './bubblewrap-process.js';
import { paused, resumed } from './process-tree.js';
import type { SandboxEntry, SandboxRegistry } from './sandbox-registry.js';

const KILLED = 137;
const PAUSE_MS = 5000;

export type BubblewrapSessionDeps = {
  readonly registry: SandboxRegistry;
  /** Starts bubblewrap for an entry, in control groups of its own. @throws AppError SANDBOX_UNAVAILABLE. */
  readonly start: (entry: SandboxEntry) => Promise<{ readonly process: BubblewrapProcess; readonly entry: SandboxEntry }>;
  readonly env: Readonly<Record<string, string>>;
};

/**
 * One sandbox: a run of bubblewrap that programs are started in one after the other, so that they share `/tmp` and what they
 * leave running. A deadline ends the run; the next program gets a new one.
 */
export class BubblewrapSession implements SandboxSession {
  readonly adapter = 'bubblewrap';
  readonly name: string;
  #process: BubblewrapProcess | undefined;
  #starting: Promise<BubblewrapProcess> | undefined;

  constructor(
    private readonly deps: BubblewrapSessionDeps,
    private entry: SandboxEntry,
  ) {
    this.name = entry.name;
  }

  async start(): Promise<void> {
    await this.#running();
  }

  async exec(request: ExecRequest): Promise<ExecResult> {
    const record = new ExecRecord(request);
    if (request.signal?.aborted) return record.result('cancelled', null);
    const process = await this.#running();
    const ended = process.channel.run(request, { ...this.deps.env, ...request.env }, (bytes, stream) => record.add(bytes, stream));
    const ending = await record.endingOf(ended.then((code) => (code === 'gone' ? 'gone' : 'ended')));
    if (ending === 'timedOut' || ending === 'cancelled') {
      await this.#end(process);
      return record.result(ending, null);
    }
    const exitCode = await ended;
    if (exitCode !== 'gone') return record.result('ended', exitCode);
    // A program that ends its own sandbox has a result; one whose sandbox was taken away has none.
    await this.#end(process);
    if (!(await this.deps.registry.holds(this.entry))) throw unavailable(this.name, 'was ended for another attempt');
    return record.result('ended', KILLED);
  }

  async whilePaused<T>(work: () => Promise<T>): Promise<T> {
    const { leader } = await this.#running();
    if (!leader || !(await paused(leader, PAUSE_MS))) throw unavailable(this.name, 'cannot be paused');
    try {
      return await work();
    } finally {
      await resumed(leader);
    }
  }

  async isAlive(): Promise<boolean> {
    return this.#process !== undefined && (await this.deps.registry.holds(this.entry).catch(() => false));
  }

  async stop(): Promise<void> {
    const process = this.#process;
    await this.deps.registry.remove(this.entry);
    if (process) await this.#end(process);
  }

  /** The run of bubblewrap; a new one where a deadline or a program itself ended the last. */
  async #running(): Promise<BubblewrapProcess> {
    if (!(await this.deps.registry.holds(this.entry))) throw unavailable(this.name, 'belongs to another attempt, or was removed');
    if (this.#process) return this.#process;
    this.#starting ??= this.#launch().finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  async #launch(): Promise<BubblewrapProcess> {
    const { process, entry } = await this.deps.start(this.entry);
    this.entry = entry;
    if (!(await this.deps.registry.update(entry))) {
      await process.kill();
      await this.deps.registry.remove(entry);
      throw unavailable(this.name, 'was taken over by another attempt while it started');
    }
    this.#process = process;
    void process.ended().then(() => {
      if (this.#process === process) this.#process = undefined;
    });
    return process;
  }

  async #end(process: BubblewrapProcess): Promise<void> {
    await process.kill();
    if (this.#process === process) this.#process = undefined;
  }
}

function unavailable(name: string, why: string): AppError {
  return new AppError('SANDBOX_UNAVAILABLE', `The sandbox ${name} ${why}.`);
}
