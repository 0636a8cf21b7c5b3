import { realpath } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { AppError } from '@countersign/domain';

import type { Setting } from './git-config.js';
import type { Git } from './git.js';
import type { GitStream } from './git-stream.js';

/** The two requests of the smart protocol's reading half. There is no third: nothing is ever written. */
export type ServedPart = 'info/refs' | 'git-upload-pack';

export type ServeOptions = {
  readonly bareDir: string;
  readonly part: ServedPart;
  /** The `Git-Protocol` header as it came; what is not a plain version is left out. */
  readonly protocol?: string | undefined;
  /** Of a POST, not compressed. What ends it with an error ends the answer. */
  readonly body?: Readable;
  readonly deadlineMs: number;
  /** Kills git and all that it started. */
  readonly signal: AbortSignal;
};

export type ServedAnswer = {
  readonly status: number;
  readonly contentType: string;
  readonly body: Readable;
  /** @throws AppError GIT_FAILED, GIT_TIMEOUT: what was sent is not the whole answer. */
  readonly finished: Promise<void>;
};

/** Branches and merge requests are read; a ref of any other kind is ours alone, whatever its name will be. */
const SERVING: readonly Setting[] = [
  ['transfer', 'hideRefs', 'refs'],
  ['transfer', 'hideRefs', '!refs/heads'],
  ['transfer', 'hideRefs', '!refs/merge-requests'],
  ['http', 'uploadpack', 'true'],
  ['http', 'receivepack', 'false'],
  // The old protocol reads any file of the repository by its path.
  ['http', 'getanyfile', 'false'],
  ['uploadpack', 'allowFilter', 'false'],
];

const VERSION = /^version=[0-2]$/;
const MAX_HEADER_BYTES = 16_384;
const HEADER_END = '\r\n\r\n';

/** Nothing of a request gets into it but the protocol's version: `git http-backend` is told a path of ours. */
function environment({ part, protocol }: ServeOptions, root: string): Record<string, string> {
  const isPost = part === 'git-upload-pack';
  return {
    GIT_PROJECT_ROOT: root,
    PATH_INFO: `/${part}`,
    GIT_HTTP_EXPORT_ALL: '1',
    REQUEST_METHOD: isPost ? 'POST' : 'GET',
    QUERY_STRING: isPost ? '' : 'service=git-upload-pack',
    ...(isPost && { CONTENT_TYPE: 'application/x-git-upload-pack-request' }),
    ...(protocol !== undefined && VERSION.test(protocol) && { GIT_PROTOCOL: protocol }),
  };
}

function nextPiece(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    const events = ['readable', 'end', 'close', 'error'] as const;
    const go = (): void => {
      for (const event of events) stream.off(event, go);
      resolve();
    };
    for (const event of events) stream.on(event, go);
  });
}

/** The header lines of a CGI answer; what follows them stays in the stream. */
async function readHeader(stream: Readable): Promise<ReadonlyMap<string, string> | undefined> {
  let held = Buffer.alloc(0);
  while (!stream.readableEnded && !stream.destroyed && held.length <= MAX_HEADER_BYTES) {
    const chunk = stream.read() as Buffer | null;
    if (chunk === null) {
      await nextPiece(stream);
      continue;
    }
    held = Buffer.concat([held, chunk]);
    const end = held.indexOf(HEADER_END);
    if (end < 0) continue;
    const rest = held.subarray(end + HEADER_END.length);
    if (rest.length > 0) stream.unshift(rest);
    const lines = held.subarray(0, end).toString('latin1').split('\r\n');
    return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  }
  return undefined;
}

async function ended({ done }: GitStream, deadlineMs: number): Promise<void> {
  const { exitCode, killed, stderr, cause } = await done;
  if (cause) throw new AppError('PART_MISSING', 'git could not be started: is it installed?', { cause });
  const details = { exitCode, stderr: stderr.slice(-2000) };
  if (killed === 'deadline') throw new AppError('GIT_TIMEOUT', `git was stopped after ${Math.round(deadlineMs / 1000)} s`, { details });
  if (killed) throw new AppError('GIT_TIMEOUT', 'git was stopped', { details });
  if (exitCode !== 0) throw new AppError('GIT_FAILED', `git http-backend failed with exit code ${exitCode ?? 'none (killed)'}`, { details });
}

/**
 * Answers one request of the smart HTTP protocol from a bare repository, by `git http-backend`.
 *
 * @throws AppError GIT_FAILED (also where the repository is not on this disk), GIT_TIMEOUT, PART_MISSING; what `body` ends with.
 */
export async function serveRepository(git: Git, options: ServeOptions): Promise<ServedAnswer> {
  const root = await realpath(options.bareDir).catch((cause: unknown) => {
    throw new AppError('GIT_FAILED', 'The repository is not on this disk', { cause });
  });
  const { body, deadlineMs, signal } = options;
  const serving = await git.trusting([root], SERVING);
  const stop = new AbortController();
  const running = serving.start(['http-backend'], { env: environment(options, root), deadlineMs, signal: AbortSignal.any([signal, stop.signal]) });
  const finished = ended(running, deadlineMs);
  finished.catch(() => undefined);

  const asked = body ? pipeline(body, running.stdin) : undefined;
  // That git reads no further is no fault of the body: how it ended tells.
  asked?.catch(() => body?.errored && stop.abort());
  if (!body) running.stdin.end();
  const header = await readHeader(running.stdout);
  // git writes its header first and then reads to the end of the question before it answers.
  await asked?.catch(() => undefined);
  if (body?.errored) throw body.errored;
  if (!header) {
    await finished;
    throw new AppError('GIT_FAILED', 'git http-backend gave no answer');
  }
  return {
    status: Number(/^\d{3}/.exec(header.get('status') ?? '200')?.[0] ?? 500),
    contentType: header.get('content-type') ?? 'application/octet-stream',
    body: running.stdout,
    finished,
  };
}
