import { appendFile, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { AppError, type ArtifactRef } from '@countersign/domain';

import type { ArtifactStore } from './artifact-store.port.js';
import { Redactor } from './redaction.js';

export type RunningLogOptions = {
  readonly dir: string;
  readonly requestId: string;
  /** Values that must never be stored, beside what looks like a secret. */
  readonly secrets?: readonly string[];
  /** Default 50 MB. */
  readonly maxBytes?: number;
  /** Called when more of the log can be read. */
  readonly onStored?: () => void;
};

export type LogPart = { readonly text: string; readonly next: number };

const MAX_BYTES = 50_000_000;
const SEGMENTS = 8;
/** Room for one character of four bytes, whatever the caller asks for. */
const MIN_READ_BYTES = 4;

type Piece = { readonly file: string; readonly start: number; readonly bytes: number };

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

/** Bytes at the end that begin a character whose rest is not there. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

/**
 * The running log of one request, read by byte offset while it is written. Its first half stays in one file, what
 * follows goes to segments of which the oldest are dropped past the limit: an offset means the same place for ever.
 * Secrets are taken out before anything is stored. One writer at a time; any number of readers, in any process.
 */
export class RunningLog {
  private readonly head: string;
  private readonly tail: string;
  private readonly maxBytes: number;
  private readonly redactor: Redactor;
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly options: RunningLogOptions) {
    const { dir, requestId } = options;
    if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(requestId)) throw new AppError('INVALID_INPUT', 'This is not the id of a request', { field: 'requestId' });
    this.head = join(dir, `${requestId}.log`);
    this.tail = join(dir, `${requestId}.tail`);
    this.maxBytes = options.maxBytes ?? MAX_BYTES;
    this.redactor = new Redactor(options.secrets);
  }

  /** Stores finished lines; the rest of one waits for its end or for `flush`. */
  append(text: string): Promise<void> {
    return this.write(() => this.redactor.add(text));
  }

  /** Stores what waits for the end of its line. */
  flush(): Promise<void> {
    return this.write(() => this.redactor.flush());
  }

  /** At most `limit` bytes from byte `after` on, whole characters only; `next` is where to go on. A dropped middle is said. */
  async read(after: number, limit: number): Promise<LogPart> {
    const pieces = await this.pieces();
    const last = pieces.at(-1);
    const from = Math.min(Math.max(0, Math.trunc(after) || 0), last ? last.start + last.bytes : 0);
    const piece = pieces.find(({ start, bytes }) => from < start + bytes);
    if (!piece) return { text: '', next: from };
    if (from < piece.start) return { text: dropped(piece.start - from), next: piece.start };
    return readPiece(piece, from, Math.max(MIN_READ_BYTES, Math.trunc(limit) || 0));
  }

  /** Puts the whole log into the store. Sealing the same log again answers the same digest. */
  async seal(store: ArtifactStore): Promise<ArtifactRef> {
    await this.flush();
    return store.put(this.chunks(), { name: `${this.options.requestId}.log`, mediaType: 'text/plain; charset=utf-8' });
  }

  async remove(): Promise<void> {
    await this.writing;
    await rm(this.head, { force: true });
    await rm(this.tail, { recursive: true, force: true });
  }

  private write(text: () => string): Promise<void> {
    const next = this.writing.then(() => this.storeAndTell(Buffer.from(text(), 'utf8')));
    // A failed write is its caller's; the one after it is tried all the same.
    this.writing = next.catch(() => undefined);
    return next;
  }

  private async storeAndTell(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return;
    await this.store(bytes);
    this.options.onStored?.();
  }

  private async store(bytes: Buffer): Promise<void> {
    await mkdir(this.options.dir, { recursive: true, mode: 0o700 });
    if ((await sizeOf(this.head)) < this.maxBytes / 2) return appendFile(this.head, bytes, { mode: 0o600 });
    await mkdir(this.tail, { recursive: true, mode: 0o700 });
    const segments = (await this.pieces()).slice(1);
    const segmentBytes = this.maxBytes / 2 / SEGMENTS;
    const newest = segments.at(-1);
    const end = newest ? newest.start + newest.bytes : await sizeOf(this.head);
    const file = newest && newest.bytes < segmentBytes ? newest.file : join(this.tail, String(end).padStart(16, '0'));
    await appendFile(file, bytes, { mode: 0o600 });
    for (const old of segments.slice(0, Math.max(0, segments.length - SEGMENTS))) await rm(old.file, { force: true });
  }

  private async pieces(): Promise<readonly Piece[]> {
    const names = (await readdir(this.tail).catch(() => [])).sort();
    const found = [{ file: this.head, start: 0 }, ...names.map((name) => ({ file: join(this.tail, name), start: Number(name) }))];
    return Promise.all(found.map(async (piece) => ({ ...piece, bytes: await sizeOf(piece.file) })));
  }

  private async *chunks(): AsyncIterable<Uint8Array> {
    for (let at = 0; ; ) {
      const { text, next } = await this.read(at, 1_000_000);
      if (next === at) return;
      yield Buffer.from(text, 'utf8');
      at = next;
    }
  }
}

function dropped(bytes: number): string {
  return `\n[… ${bytes} bytes of this log were dropped …]\n`;
}

async function readPiece({ file, start, bytes }: Piece, from: number, limit: number): Promise<LogPart> {
  const handle = await open(file, 'r');
  try {
    const wanted = Buffer.alloc(Math.min(limit, start + bytes - from));
    const { bytesRead } = await handle.read(wanted, 0, wanted.length, from - start);
    const read = wanted.subarray(0, bytesRead);
    // An offset that nobody was given may lie inside a character.
    const skip = Math.max(0, read.findIndex((byte) => (byte & 0xc0) !== 0x80));
    const whole = read.subarray(skip, read.length - unfinished(read));
    return { text: whole.toString('utf8'), next: from + skip + whole.length };
  } finally {
    await handle.close();
  }
}
