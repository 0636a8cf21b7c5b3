import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';

const BLOCK_BYTES = 512;
const MAX_ENTRIES = 200_000;

export type DiskUsage = {
  /** Blocks that are really taken, so a sparse file counts for what it holds. */
  readonly bytes: number;
  readonly entries: number;
  /** False where counting stopped at `maxEntries`. */
  readonly complete: boolean;
};

/**
 * What a folder takes on disk. Links are counted, never followed; what vanishes meanwhile counts as nothing. The engine
 * does not limit it: this measures.
 */
export async function measureUsage(folder: string, maxEntries = MAX_ENTRIES): Promise<DiskUsage> {
  let bytes = 0;
  let entries = 0;
  const waiting: Buffer[] = [Buffer.from(folder)];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const entry of await readdir(next, { withFileTypes: true, encoding: 'buffer' }).catch((): Dirent<Buffer>[] => [])) {
      if (entries >= maxEntries) return { bytes, entries, complete: false };
      entries += 1;
      // Names need not be UTF-8, so paths stay bytes.
      const path = Buffer.concat([next, Buffer.from('/'), entry.name]);
      bytes += ((await lstat(path).catch(() => undefined))?.blocks ?? 0) * BLOCK_BYTES;
      if (entry.isDirectory()) waiting.push(path);
    }
  }
  return { bytes, entries, complete: true };
}

export function formatMb({ bytes, complete }: DiskUsage): string {
  return `${complete ? '' : 'more than '}${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
