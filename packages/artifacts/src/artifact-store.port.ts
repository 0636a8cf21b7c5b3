import type { Readable } from 'node:stream';

import type { ArtifactRef } from '@countersign/domain';

export type ArtifactAbout = { readonly name: string; readonly mediaType: string };
export type ArtifactContent = Uint8Array | AsyncIterable<Uint8Array>;

/** Keeps bytes under their SHA-256. Nothing is ever changed; what is put twice is kept once. */
export interface ArtifactStore {
  /**
   * When it returns, the bytes survive a power cut. The same bytes answer the same `sha256`.
   *
   * @throws AppError ARTIFACT_UNAVAILABLE where the store cannot be written.
   */
  put(content: ArtifactContent, about: ArtifactAbout): Promise<ArtifactRef>;
  /** @throws AppError NOT_FOUND, ARTIFACT_CORRUPT (the bytes are not those that were put), ARTIFACT_UNAVAILABLE. */
  read(sha256: string): Promise<Buffer>;
  /**
   * For what is too large to hold. Ends with ARTIFACT_CORRUPT after the last byte where the bytes are not those that
   * were put: act on nothing before the end.
   *
   * @throws AppError NOT_FOUND, ARTIFACT_UNAVAILABLE.
   */
  stream(sha256: string): Promise<Readable>;
  has(sha256: string): Promise<boolean>;
}
