import { spawn, type ChildProcess } from 'node:child_process';

export type ProcessOptions = {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: Uint8Array | string | undefined;
  readonly deadlineMs: number;
  readonly maxOutputBytes: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((line: string) => void) | undefined;
};

export type ProcessResult = {
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** Why it was killed, where it was. */
  readonly killed: 'deadline' | 'abort' | 'output' | undefined;
};

/** Rejects only where the program could not be started or was lost; then with the reason. */
export type ProcessRunner = (binary: string, args: readonly string[], options: ProcessOptions) => Promise<ProcessResult>;

const MAX_STDERR_BYTES = 16_384;

/** Kills the whole group: git starts helpers (ssh, upload-pack, index-pack) that outlive it otherwise. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

/** Keeps the end of what git says, where the reason stands, and hands on each line of progress. */
export class ErrorText {
  private kept = Buffer.alloc(0);
  private line = '';

  constructor(private readonly onProgress: ((line: string) => void) | undefined) {}

  add(chunk: Buffer): void {
    this.kept = Buffer.concat([this.kept, chunk]).subarray(-MAX_STDERR_BYTES);
    if (!this.onProgress) return;
    const lines = (this.line + chunk.toString('utf8')).split(/[\r\n]+/);
    this.line = (lines.pop() ?? '').slice(-1024);
    for (const line of lines) if (line !== '') this.onProgress(line);
  }

  text(): string {
    return this.kept.toString('utf8');
  }
}

/** Runs one program to its end in its own process group; never through a shell. */
export const runProcess: ProcessRunner = (binary, args, options) =>
  new Promise((resolve, reject) => {
    const child = spawn(binary, [...args], { cwd: options.cwd, env: options.env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    const errors = new ErrorText(options.onProgress);
    let bytes = 0;
    let killed: ProcessResult['killed'];

    const kill = (why: NonNullable<ProcessResult['killed']>): void => {
      killed ??= why;
      killGroup(child);
    };
    const onAbort = (): void => kill('abort');
    const timer = setTimeout(() => kill('deadline'), options.deadlineMs);
    const settle = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
    };

    child.on('error', (cause) => {
      settle();
      reject(cause);
    });
    child.on('close', (exitCode) => {
      settle();
      resolve({ exitCode, stdout: Buffer.concat(output), stderr: errors.text(), killed });
    });
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > options.maxOutputBytes) kill('output');
      else output.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => errors.add(chunk));
    // A program that ends before it has read everything is no failure of its own: its exit code tells.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin);
    if (options.signal?.aborted) onAbort();
    else options.signal?.addEventListener('abort', onAbort, { once: true });
  });
