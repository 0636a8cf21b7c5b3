import type { ArtifactRef } from '@countersign/domain';

/** The request's running log: what people read while it works. A retried line may be there twice. */
export interface RunningLogPort {
  append(text: string): Promise<void> | void;
}

export interface ArtifactWriterPort {
  /** The same bytes answer the same reference. */
  put(bytes: Uint8Array, about: { readonly name: string; readonly mediaType: string }): Promise<ArtifactRef>;
}
