import { sha256Hex } from '@countersign/domain/digest';
import { readRootKey } from '@countersign/verify';
import { z } from 'zod';

import { CliError } from './cli-error.js';
import { ConfigFile } from './config-file.js';
import type { Io } from './io.js';

export const PINNED_ROOT_FILE = 'pinned-root.json';

const stored = z.strictObject({ root: z.string(), number: z.int().min(1) });

/** The root key that everything is judged by; `number`: no list of keys older than this one counts. */
export type PinnedRoot = { readonly root: Uint8Array; readonly number: number };

/** What people compare: SHA-256 of the raw key. */
export const fingerprintOf = (root: Uint8Array): string => sha256Hex(root);

export const isSameRoot = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** The pinned root key of this person, beside the profiles. */
export class PinnedRootFile {
  private readonly file: ConfigFile;

  constructor(io: Pick<Io, 'env' | 'now' | 'sleep'>) {
    this.file = new ConfigFile(PINNED_ROOT_FILE, io);
  }

  async read(): Promise<PinnedRoot | undefined> {
    const text = await this.file.text();
    if (text === undefined) return undefined;
    try {
      const { root, number } = stored.parse(JSON.parse(text));
      return { root: readRootKey(root), number };
    } catch {
      // Taken for "nothing is pinned", a spoilt file would lower what a bundle has to stand.
      throw new CliError('CONFIG_INVALID', `${this.file.path} cannot be read: remove it and pin the root again with \`keys pin\``);
    }
  }

  /** Pins a root; the number of the same root never falls. Answers the root that it replaced. */
  pin(root: Uint8Array, number: number): Promise<Uint8Array | undefined> {
    return this.file.locked(async () => {
      const held = await this.read();
      const isSame = held !== undefined && isSameRoot(held.root, root);
      await this.write(root, isSame ? Math.max(held.number, number) : number);
      return isSame ? undefined : held?.root;
    });
  }

  /** A newer list under the pinned root was seen. */
  raise(root: Uint8Array, number: number): Promise<void> {
    return this.file.locked(async () => {
      const held = await this.read();
      if (held && isSameRoot(held.root, root) && number > held.number) await this.write(root, number);
    });
  }

  private write(root: Uint8Array, number: number): Promise<void> {
    return this.file.write(`${JSON.stringify({ root: Buffer.from(root).toString('base64'), number })}\n`);
  }
}
