import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';

import { AppError, type ArtifactRef } from '@countersign/domain';
import { sha256Hex } from '@countersign/domain/digest';

import type { ArtifactAbout, ArtifactContent, ArtifactStore } from './artifact-store.port.js';
import { corrupt, isSha256, notFound, verifying } from './verified-bytes.js';

/** Only the operating system's errors name a call of it; the code says what happened. */
function systemCode(error: unknown): string | undefined {
  const { code, syscall } = (typeof error === 'object' && error !== null ? error : {}) as { code?: string; syscall?: string };
  return syscall === undefined ? undefined : code;
}

function isMissing(error: unknown): boolean {
  return systemCode(error) === 'ENOENT';
}

function unavailable(cause: unknown): AppError {
  return new AppError('ARTIFACT_UNAVAILABLE', 'The artifact store cannot be used', { cause });
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Content-addressed files `aa/bb/<sha256>` below a folder, 0600, each written beside its place and renamed. */
export class DiskArtifactStore implements ArtifactStore {
  constructor(private readonly dir: string) {}

  async put(content: ArtifactContent, { name, mediaType }: ArtifactAbout): Promise<ArtifactRef> {
    const draft = join(this.dir, 'tmp', randomBytes(12).toString('hex'));
    try {
      await mkdir(dirname(draft), { recursive: true, mode: 0o700 });
      const { sha256, bytes } = await this.writeDraft(draft, content);
      const place = this.placeOf(sha256);
      await mkdir(dirname(place), { recursive: true, mode: 0o700 });
      // Also where there is one: the bytes are the same, and a damaged file is mended.
      await rename(draft, place);
      for (const folder of [dirname(place), dirname(dirname(place)), this.dir]) await syncFolder(folder);
      return { sha256, bytes, name, mediaType };
    } catch (error) {
      // A source that fails keeps its own error; only the disk's is the store's.
      throw systemCode(error) === undefined ? error : unavailable(error);
    } finally {
      await rm(draft, { force: true }).catch(() => undefined);
    }
  }

  async read(sha256: string): Promise<Buffer> {
    if (!isSha256(sha256)) throw notFound(sha256);
    const bytes = await readFile(this.placeOf(sha256)).catch((error: unknown) => {
      throw isMissing(error) ? notFound(sha256) : unavailable(error);
    });
    if (sha256Hex(bytes) !== sha256) throw corrupt(sha256);
    return bytes;
  }

  async stream(sha256: string): Promise<Readable> {
    if (!isSha256(sha256)) throw notFound(sha256);
    const file = await open(this.placeOf(sha256), 'r').catch((error: unknown) => {
      throw isMissing(error) ? notFound(sha256) : unavailable(error);
    });
    const source = file.createReadStream();
    const verified = verifying(sha256);
    source.on('error', (error) => verified.destroy(unavailable(error)));
    verified.on('close', () => source.destroy());
    return source.pipe(verified);
  }

  async has(sha256: string): Promise<boolean> {
    return isSha256(sha256) && (await stat(this.placeOf(sha256)).catch(() => undefined)) !== undefined;
  }

  private async writeDraft(draft: string, content: ArtifactContent): Promise<{ readonly sha256: string; readonly bytes: number }> {
    const file: FileHandle = await open(draft, 'wx', 0o600);
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const chunk of content instanceof Uint8Array ? [content] : content) {
        hash.update(chunk);
        bytes += chunk.length;
        await file.writeFile(chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return { sha256: hash.digest('hex'), bytes };
  }

  private placeOf(sha256: string): string {
    return join(this.dir, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  }
}
