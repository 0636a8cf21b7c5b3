import type { IncomingMessage } from 'node:http';
import { PassThrough, pipeline, type Readable, Transform, type TransformCallback } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { AppError } from '@countersign/domain';

/** Counts what comes out of the decompression: a few kilobytes can hold gigabytes. */
class AtMost extends Transform {
  private bytes = 0;

  constructor(private readonly limit: number) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.length;
    if (this.bytes > this.limit) done(new AppError('INVALID_INPUT', `The body is larger than ${this.limit} bytes`, { field: 'body' }));
    else done(null, chunk);
  }
}

/**
 * The body of a POST as git reads it. Its stream ends with an AppError where it is too large or is not what it says.
 *
 * @throws AppError INVALID_INPUT where its encoding is none of git's.
 */
export function gitBody(req: IncomingMessage, limit: number): Readable {
  const encoding = req.headers['content-encoding'] ?? 'identity';
  if (!['identity', 'gzip', 'x-gzip'].includes(encoding)) {
    throw new AppError('INVALID_INPUT', 'must be gzip or none', { field: 'Content-Encoding' });
  }
  const body = new AtMost(limit);
  const inflate = encoding === 'identity' ? new PassThrough() : createGunzip();
  pipeline(req, inflate, (cause) => {
    if (cause) body.destroy(new AppError('INVALID_INPUT', 'The body was cut or is not what it says', { field: 'body', cause }));
  });
  body.once('error', () => inflate.destroy());
  inflate.pipe(body);
  return body;
}
