import { mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { describeArtifactStore } from './artifact-store.contract.js';
import { DiskArtifactStore } from './disk-artifact-store.adapter.js';
import { memoryArtifactStore } from './testing/memory-artifact-store.fake.js';

describeArtifactStore('memory', async () => {
  const store = memoryArtifactStore();
  return { store, damage: async (sha256) => void store.content.set(sha256, Buffer.from('else')), close: async () => undefined };
});

const placeOf = (dir: string, sha256: string): string => join(dir, sha256.slice(0, 2), sha256.slice(2, 4), sha256);

describeArtifactStore('disk', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'countersign-artifacts-'));
  return {
    store: new DiskArtifactStore(dir),
    damage: (sha256) => truncate(placeOf(dir, sha256), 3),
    close: () => rm(dir, { recursive: true, force: true }),
  };
});

describe('DiskArtifactStore', () => {
  it('keeps files for its own eyes, leaves no draft, and says that the disk is the trouble', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'countersign-artifacts-'));
    const store = new DiskArtifactStore(dir);
    const { sha256 } = await store.put(Buffer.from('x'), { name: 'x', mediaType: 'text/plain' });
    expect((await stat(placeOf(dir, sha256))).mode & 0o777).toBe(0o600);
    expect(await readdir(join(dir, 'tmp'))).toEqual([]);
    await writeFile(join(dir, 'file'), '');
    const broken = new DiskArtifactStore(join(dir, 'file'));
    await expect(broken.put(Buffer.from('x'), { name: 'x', mediaType: 'text/plain' })).rejects.toMatchObject({ code: 'ARTIFACT_UNAVAILABLE' });
    await rm(dir, { recursive: true });
  });
});
