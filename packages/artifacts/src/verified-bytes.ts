import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';

import { AppError } from '@countersign/domain';

export function isSha256(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

export function notFound(sha256: string): AppError {
  return new AppError('NOT_FOUND', `There is no artifact ${sha256.slice(0, 64)}`);
}

export function corrupt(sha256: string): AppError {
  return new AppError('ARTIFACT_CORRUPT', `The stored bytes of artifact ${sha256} are not those that were put`);
}

/** Passes bytes on and fails at the end where they do not have the digest. */
export function verifying(sha256: string): Transform {
  const hash = createHash('sha256');
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      done(hash.digest('hex') === sha256 ? null : corrupt(sha256));
    },
  });
}
