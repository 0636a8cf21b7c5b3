import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { ProcessOptions, ProcessResult } from './git-process.js';

type Plain = Omit<ProcessOptions, 'signal' | 'onProgress'>;
export type ToHost = (Plain & { readonly kind: 'start'; readonly id: number; readonly binary: string; readonly args: readonly string[]; readonly hasProgress: boolean }) | { readonly kind: 'abort'; readonly id: number };
export type ToOwner =
  | { readonly kind: 'progress'; readonly id: number; readonly line: string }
  | { readonly kind: 'ended'; readonly id: number; readonly result: ProcessResult }
  | { readonly kind: 'failed'; readonly id: number; readonly why: string };

type Waiting = {
  readonly resolve: (result: ProcessResult) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ProcessOptions['onProgress'];
};

/** The host ended, and with it what it had started: whether that had its effect is not known. */
export class HostLost extends Error {}

const PROGRAM = fileURLToPath(new URL('./process-host-program.js', import.meta.url));

/**
 * Runs programs like `runProcess`, from a small process of its own that is started for the first of them (see its
 * program for why). If the host is lost, what it was running is killed or ends by itself, each run rejects with
 * HostLost, and the next run starts another host. It ends with its owner, however that ends, and keeps it alive only while something runs.
 */
export class ProcessHost {
  private host: ChildProcess | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;

  /** `mark` is an argument that nobody reads but a person who looks at the list of processes. */
  constructor(
    private readonly mark: string,
    private readonly program = PROGRAM,
  ) {}

  run(binary: string, args: readonly string[], { signal, onProgress, ...options }: ProcessOptions): Promise<ProcessResult> {
    const host = (this.host ??= this.start());
    const id = (this.last += 1);
    const onAbort = (): void => this.send(host, { kind: 'abort', id });
    return new Promise<ProcessResult>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, onProgress });
      host.channel?.ref();
      this.send(host, { kind: 'start', id, binary, args, ...options, hasProgress: onProgress !== undefined });
      if (signal?.aborted) onAbort();
      else signal?.addEventListener('abort', onAbort, { once: true });
    }).finally(() => signal?.removeEventListener('abort', onAbort));
  }

  /** Kills what still runs. A later run starts a host again. */
  close(): void {
    const { host } = this;
    this.lose(host);
    if (host?.connected) host.disconnect();
  }

  private start(): ChildProcess {
    // Nothing of our environment: it may hold keys, and whoever may read ours need not find them twice.
    const host = fork(this.program, [this.mark], { serialization: 'advanced', execArgv: [], env: {}, cwd: '/', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    host.on('message', (message) => this.take(message as ToOwner));
    for (const event of ['error', 'exit'] as const) host.on(event, () => this.lose(host));
    host.unref();
    return host;
  }

  private send(host: ChildProcess, message: ToHost): void {
    host.send(message, (error) => {
      if (error) this.lose(host);
    });
  }

  private take(message: ToOwner): void {
    const waiting = this.waiting.get(message.id);
    if (message.kind === 'progress') return waiting?.onProgress?.(message.line);
    this.waiting.delete(message.id);
    if (this.waiting.size === 0) this.host?.channel?.unref();
    if (message.kind === 'failed') return waiting?.reject(new Error(message.why));
    const { stdout, ...result } = message.result;
    waiting?.resolve({ ...result, stdout: Buffer.from(stdout.buffer, stdout.byteOffset, stdout.byteLength) });
  }

  private lose(host: ChildProcess | undefined): void {
    if (host === undefined || this.host !== host) return;
    this.host = undefined;
    const lost = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of lost) reject(new HostLost('the process that starts programs ended'));
  }
}
