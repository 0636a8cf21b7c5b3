/**
 * Runs inside a bubblewrap sandbox as its first program and starts what the worker asks for over stdin and stdout.
 *
 * Self-contained: its text is handed to node as an argument, so the sandbox need not see our files. Frames are
 * `kind (1 byte), id (4), length (4), payload`. It ends with its stdin, and everything in the sandbox with it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';

type Start = { readonly argv: readonly [string, ...string[]]; readonly cwd: string; readonly env: Record<string, string>; readonly hasStdin: boolean };

const HEADER_BYTES = 9;
const START = 1;
const STDIN = 2;
const STDIN_END = 3;
const READY = 10;
const STDOUT = 11;
const STDERR = 12;
const EXIT = 13;
/** How long output may still come that a program's own children hold open. */
const DRAIN_MS = 250;
const NOT_FOUND = 127;
const NOT_RUNNABLE = 126;
const CLOSE_ON_EXEC = 0o2_000_000;

/** A program that is being started has no process yet. */
const children = new Map<number, ChildProcess | undefined>();

function send(kind: number, id: number, payload: Buffer): void {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(kind, 0);
  header.writeUInt32BE(id, 1);
  header.writeUInt32BE(payload.length, 5);
  process.stdout.write(header);
  process.stdout.write(payload);
}

function exited(id: number, code: number): void {
  if (!children.delete(id)) return;
  send(EXIT, id, Buffer.from(String(code)));
}

function failed(id: number, program: string, error: NodeJS.ErrnoException): void {
  send(STDERR, id, Buffer.from(`${program}: ${error.code ?? error.message}\n`));
  exited(id, error.code === 'ENOENT' ? NOT_FOUND : NOT_RUNNABLE);
}

function start(id: number, { argv: [program, ...args], cwd, env, hasStdin }: Start): void {
  const child = spawn(program, args, { cwd, env, detached: true, stdio: [hasStdin ? 'pipe' : 'ignore', 'pipe', 'pipe'] });
  children.set(id, child);
  let code = NOT_RUNNABLE;
  child.stdout?.on('data', (bytes: Buffer) => send(STDOUT, id, bytes));
  child.stderr?.on('data', (bytes: Buffer) => send(STDERR, id, bytes));
  // A program that ends before it read its input breaks the pipe; its exit code is what counts.
  child.stdin?.on('error', () => undefined);
  child.on('error', (error) => failed(id, program, error));
  child.on('exit', (status, signal) => {
    code = status ?? 128 + (signal ? constants.signals[signal] : 0);
    setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, DRAIN_MS).unref();
  });
  child.on('close', () => exited(id, code));
}

function take(kind: number, id: number, payload: Buffer): void {
  if (kind === STDIN) children.get(id)?.stdin?.write(Buffer.from(payload));
  if (kind === STDIN_END) children.get(id)?.stdin?.end();
  if (kind !== START) return;
  const asked = JSON.parse(payload.toString('utf8')) as Start;
  children.set(id, undefined);
  try {
    start(id, asked);
  } catch (error) {
    failed(id, asked.argv[0], error as NodeJS.ErrnoException);
  }
}

/** What the worker's own parent left open in it would reach every program: node closes its own descriptors, not those. */
function closeInherited(): void {
  for (const fd of readdirSync('/proc/self/fd').map(Number).filter((number) => number > 2)) {
    try {
      const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '';
      if ((Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0) closeSync(fd);
    } catch {
      // The folder that was read, which is closed by now.
    }
  }
}

closeInherited();
let waiting: Buffer = Buffer.alloc(0);
process.stdin.on('data', (bytes: Buffer) => {
  waiting = waiting.length === 0 ? bytes : Buffer.concat([waiting, bytes]);
  while (waiting.length >= HEADER_BYTES) {
    const end = HEADER_BYTES + waiting.readUInt32BE(5);
    if (waiting.length < end) return;
    take(waiting.readUInt8(0), waiting.readUInt32BE(1), waiting.subarray(HEADER_BYTES, end));
    waiting = waiting.subarray(end);
  }
});
process.stdin.on('end', () => process.exit(0));
send(READY, 0, Buffer.alloc(0));
