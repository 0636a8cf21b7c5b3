import type { Readable, Writable } from 'node:stream';

import type { ExecRequest } from '../ports/sandbox.port.js';
import { WORKSPACE } from '../sandbox-spec.js';

const HEADER_BYTES = 9;
const KINDS = { start: 1, stdin: 2, stdinEnd: 3, ready: 10, stdout: 11, stderr: 12, exit: 13 } as const;
/** Output comes in pieces of a pipe's size; more is no runner of ours. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;
const MAX_EXIT_CODE = 255;
/** The runner gathers a frame before it passes it on. */
const STDIN_BYTES = 128 * 1024;

export type RunnerOutput = (bytes: Buffer, stream: 'stdout' | 'stderr') => void;

type Running = { readonly onOutput: RunnerOutput; readonly resolve: (exitCode: number | 'gone') => void };

/** Speaks with programs/runner.ts. What comes from there is the sandbox's word: it is bounded and checked, and breaks the channel where it is not as agreed. */
export class RunnerChannel {
  readonly ready: Promise<boolean>;
  readonly #running = new Map<number, Running>();
  #waiting: Buffer = Buffer.alloc(0);
  #lastId = 0;
  #isGone = false;
  #settleReady: (isReady: boolean) => void = () => undefined;

  constructor(
    private readonly input: Writable,
    output: Readable,
    private readonly onBroken: () => void,
  ) {
    this.ready = new Promise((resolve) => (this.#settleReady = resolve));
    // The process ended; whoever waits for a result is told by `close`.
    input.on('error', () => undefined);
    output.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  /** Answers the exit code, or `gone` where the sandbox ended first. */
  run({ argv, cwd, stdin }: Pick<ExecRequest, 'argv' | 'cwd' | 'stdin'>, env: Readonly<Record<string, string>>, onOutput: RunnerOutput): Promise<number | 'gone'> {
    if (this.#isGone) return Promise.resolve('gone');
    const id = (this.#lastId += 1);
    const ended = new Promise<number | 'gone'>((resolve) => this.#running.set(id, { onOutput, resolve }));
    this.#send(KINDS.start, id, Buffer.from(JSON.stringify({ argv, cwd: cwd ?? WORKSPACE, env, hasStdin: stdin !== undefined })));
    if (stdin !== undefined) {
      const bytes = Buffer.from(stdin);
      for (let at = 0; at < bytes.length; at += STDIN_BYTES) this.#send(KINDS.stdin, id, bytes.subarray(at, at + STDIN_BYTES));
      this.#send(KINDS.stdinEnd, id, Buffer.alloc(0));
    }
    return ended;
  }

  close(): void {
    this.#isGone = true;
    this.#settleReady(false);
    for (const { resolve } of this.#running.values()) resolve('gone');
    this.#running.clear();
  }

  #send(kind: number, id: number, payload: Buffer): void {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(kind, 0);
    header.writeUInt32BE(id, 1);
    header.writeUInt32BE(payload.length, 5);
    this.input.write(Buffer.concat([header, payload]));
  }

  #take(bytes: Buffer): void {
    if (this.#isGone) return;
    this.#waiting = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes]);
    while (this.#waiting.length >= HEADER_BYTES) {
      const length = this.#waiting.readUInt32BE(5);
      if (length > MAX_FRAME_BYTES) return this.#break();
      if (this.#waiting.length < HEADER_BYTES + length) return;
      const payload = this.#waiting.subarray(HEADER_BYTES, HEADER_BYTES + length);
      this.#frame(this.#waiting.readUInt8(0), this.#waiting.readUInt32BE(1), payload);
      this.#waiting = this.#waiting.subarray(HEADER_BYTES + length);
    }
  }

  #frame(kind: number, id: number, payload: Buffer): void {
    if (kind === KINDS.ready) return this.#settleReady(true);
    const running = this.#running.get(id);
    if (!running) return;
    if (kind === KINDS.stdout) running.onOutput(payload, 'stdout');
    else if (kind === KINDS.stderr) running.onOutput(payload, 'stderr');
    else if (kind === KINDS.exit) this.#exit(id, running, payload.toString('latin1'));
    else this.#break();
  }

  #exit(id: number, { resolve }: Running, text: string): void {
    const code = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
    if (!(code <= MAX_EXIT_CODE)) return this.#break();
    this.#running.delete(id);
    resolve(code);
  }

  #break(): void {
    this.close();
    this.onBroken();
  }
}
