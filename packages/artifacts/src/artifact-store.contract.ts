import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { sha256Hex } from '@countersign/domain/digest';

import type { ArtifactStore } from './artifact-store.port.js';

export type ArtifactStoreHarness = {
  readonly store: ArtifactStore;
  /** Changes the stored bytes behind the store's back. */
  readonly damage: (sha256: string) => Promise<void>;
  readonly close: () => Promise<void>;
};

const ABOUT = { name: 'diff.patch', mediaType: 'text/x-diff' };
const NOWHERE = 'f'.repeat(64);

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function* inPieces(): AsyncIterable<Uint8Array> {
  for (let piece = 0; piece < 300; piece += 1) yield Buffer.alloc(1000, piece % 251);
}

/** What holds for every store. */
export function describeArtifactStore(name: string, make: () => Promise<ArtifactStoreHarness>): void {
  describe(`artifact store: ${name}`, () => {
    let harness: ArtifactStoreHarness;
    let store: ArtifactStore;
    beforeEach(async () => {
      harness = await make();
      store = harness.store;
    });
    afterEach(() => harness.close());

    it('answers the digest and gives the same bytes back', async () => {
      const bytes = Buffer.from([0, 255, 10, 13, 0]);
      const ref = await store.put(bytes, ABOUT);
      expect(ref).toEqual({ sha256: sha256Hex(bytes), bytes: 5, ...ABOUT });
      expect(await store.read(ref.sha256)).toEqual(bytes);
      expect(await store.has(ref.sha256)).toBe(true);
    });

    it('keeps the same bytes once, whatever they are called', async () => {
      const [one, two] = await Promise.all([store.put(Buffer.from('x'), ABOUT), store.put(Buffer.from('x'), { ...ABOUT, name: 'other' })]);
      expect(one.sha256).toBe(two.sha256);
      expect(two.name).toBe('other');
      expect((await store.put(Buffer.alloc(0), ABOUT)).bytes).toBe(0);
    });

    it('takes and gives streams', async () => {
      const ref = await store.put(inPieces(), ABOUT);
      expect(ref.bytes).toBe(300_000);
      expect(await collect(await store.stream(ref.sha256))).toEqual(await collect(inPieces() as AsyncIterable<Buffer>));
    });

    it('keeps nothing of a stream that fails', async () => {
      async function* failing(): AsyncIterable<Uint8Array> {
        yield Buffer.from('half');
        throw new Error('source broke');
      }
      await expect(store.put(failing(), ABOUT)).rejects.toThrow('source broke');
      expect(await store.has(sha256Hex('half'))).toBe(false);
    });

    it('finds nothing under an unknown digest or what is none', async () => {
      for (const sha256 of [NOWHERE, '../../etc/passwd', '', NOWHERE.toUpperCase()]) {
        expect(await store.has(sha256)).toBe(false);
        await expect(store.read(sha256)).rejects.toMatchObject({ code: 'NOT_FOUND' });
        await expect(store.stream(sha256)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      }
    });

    it('refuses damaged bytes, and is mended by another put', async () => {
      const { sha256 } = await store.put(Buffer.from('approved'), ABOUT);
      await harness.damage(sha256);
      await expect(store.read(sha256)).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT' });
      await expect(store.stream(sha256).then(collect)).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT' });
      await store.put(Buffer.from('approved'), ABOUT);
      expect((await store.read(sha256)).toString()).toBe('approved');
    });
  });
}
