import { Readable } from 'node:stream';

import type { ArtifactRef } from '@countersign/domain';
import { sha256Hex } from '@countersign/domain/digest';

import type { ArtifactAbout, ArtifactStore } from '../artifact-store.port.js';
import { corrupt, notFound, verifying } from '../verified-bytes.js';

export type MemoryArtifactStore = ArtifactStore & {
  /** Everything that was put, in order. */
  readonly puts: readonly ArtifactRef[];
  readonly content: Map<string, Buffer>;
};

/** A store that forgets with its process. */
export function memoryArtifactStore(): MemoryArtifactStore {
  const content = new Map<string, Buffer>();
  const puts: ArtifactRef[] = [];
  const found = (sha256: string): Buffer => {
    const bytes = content.get(sha256);
    if (!bytes) throw notFound(sha256);
    return bytes;
  };
  return {
    puts,
    content,
    async put(source, { name, mediaType }: ArtifactAbout) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of source instanceof Uint8Array ? [source] : source) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      const ref = { sha256: sha256Hex(bytes), bytes: bytes.length, name, mediaType };
      content.set(ref.sha256, bytes);
      puts.push(ref);
      return ref;
    },
    async read(sha256) {
      const bytes = found(sha256);
      if (sha256Hex(bytes) !== sha256) throw corrupt(sha256);
      return bytes;
    },
    async stream(sha256) {
      return Readable.from([found(sha256)]).pipe(verifying(sha256));
    },
    async has(sha256) {
      return content.has(sha256);
    },
  };
}
