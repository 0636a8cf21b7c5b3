import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, stat, statfs, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { removeFolder } from './hostile-folder.js';

const exec = promisify(execFile);
const QUIET = { env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' }, timeout: 600_000 };

export type TreeCacheOptions = {
  /** A folder of ours that no sandbox sees; on the file system of the workspaces, for links and reflinks. */
  readonly dir: string;
  /** What all kept trees may take on disk; the ones unused for longest go first. */
  readonly maxBytes: number;
  /** A smaller tree is written anew each time, which costs no more. Default 16 MB. */
  readonly minBytes?: number;
  /** Whether the next copy of a used tree is made beforehand, which doubles what it takes. Default no. */
  readonly spares?: boolean;
};

export type KeptTree = {
  readonly tree: string;
  /** Its files, and the throw-away `.git` of a workspace. Read only. */
  readonly files: string;
  readonly dir: string;
  readonly stamp: string;
  /** RFC 3339. */
  readonly madeAt: string;
  /** On disk, spares included. */
  readonly bytes: number;
};

type About = { readonly stamp: string; readonly madeAt: string; readonly boot: string | null; readonly bytes: number };

const DEFAULT_MIN_BYTES = 16_000_000;
/** What is left of a maker or remover that was killed. */
const STALE_MS = 3_600_000;
const ABOUT = 'about.json';

/**
 * Trees of bare repositories as plain files, so that a workspace is a copy and not an unpacking. An entry appears
 * whole, by a rename, and is renamed away before anything in it is removed: whoever copied it asks `isWhole` afterwards.
 * Nothing is flushed to disk, so an entry of an earlier start of the machine is not used.
 */
export class TreeCache {
  private readonly making = new Map<string, Promise<KeptTree | undefined>>();
  private readonly sparing = new Map<string, Promise<void>>();

  constructor(private readonly options: TreeCacheOptions) {}

  /** The tree, noted as used just now. */
  async find(bare: string, tree: string): Promise<KeptTree | undefined> {
    const dir = join(this.placeOf(bare), tree);
    const isThere = (await stat(dir).catch(() => undefined)) !== undefined;
    const about = await aboutOf(dir);
    if (!about || about.boot !== (await bootId())) {
      // One that was not there may be by now; one that was is of an earlier start, or damaged.
      if (isThere) await this.remove(dir);
      return undefined;
    }
    const now = new Date();
    await utimes(join(dir, ABOUT), now, now).catch(() => undefined);
    return { tree, dir, files: join(dir, 'files'), stamp: about.stamp, madeAt: about.madeAt, bytes: about.bytes };
  }

  /** Names of the repository's kept trees, the last used first. */
  async trees(bare: string): Promise<readonly string[]> {
    const place = this.placeOf(bare);
    const names = await readdir(place).catch(() => []);
    const entries = await Promise.all(names.map(async (name) => ({ name, usedAt: await usedAt(join(place, name)) })));
    return entries.sort((a, b) => b.usedAt - a.usedAt).map(({ name }) => name);
  }

  /** Whether nothing was taken from the tree since it was found. */
  async isWhole({ dir, stamp }: KeptTree): Promise<boolean> {
    return (await aboutOf(dir))?.stamp === stamp;
  }

  /** Takes a tree away that is of no use, or of no more. */
  async drop(bare: string, tree: string): Promise<void> {
    await this.remove(join(this.placeOf(bare), tree));
  }

  /** What one entry of it may take at most to be kept. */
  get maxEntryBytes(): number {
    return this.options.maxBytes / (2 * this.copies);
  }

  /** Whether a tree of this size is worth its place, and has one. */
  async hasRoomFor(bytes: number): Promise<boolean> {
    // Its pack takes as much again at most.
    const needed = 2 * bytes * this.copies;
    if (bytes < (this.options.minBytes ?? DEFAULT_MIN_BYTES) || bytes > this.maxEntryBytes) return false;
    await mkdir(this.options.dir, { recursive: true, mode: 0o700 });
    const { bavail, bsize } = await statfs(this.options.dir);
    return bavail * bsize > 2 * needed;
  }

  /** Keeps what `make` puts into the folder it is given. Two at the same time make it once, or the first counts. */
  keep(bare: string, tree: string, make: (files: string) => Promise<void>): Promise<KeptTree | undefined> {
    const dir = join(this.placeOf(bare), tree);
    const running = this.making.get(dir);
    if (running) return running;
    const made = this.make(dir, make)
      .then(() => this.find(bare, tree))
      .finally(() => this.making.delete(dir));
    this.making.set(dir, made);
    return made;
  }

  /** Moves a copy that was made beforehand in place of an empty folder; answers whether there was one. */
  async takeSpare({ dir }: KeptTree, into: string): Promise<boolean> {
    for (const name of await readdir(dir)) {
      // Another workspace may take it first.
      if (name.startsWith('spare-') && (await rename(join(dir, name), into).then(() => true, () => false))) return true;
    }
    return false;
  }

  /** Has the next copy made, after the caller went on; a copy that fails is not missed. */
  makeSpare(kept: KeptTree, fill: (folder: string) => Promise<void>): void {
    if (this.options.spares !== true || this.sparing.has(kept.dir)) return;
    const made = this.spare(kept, fill).catch(() => undefined);
    this.sparing.set(kept.dir, made);
    void made.finally(() => this.sparing.delete(kept.dir));
  }

  /** Waits until nothing is copied beforehand. */
  async idle(): Promise<void> {
    await Promise.all(this.sparing.values());
  }

  private async spare(kept: KeptTree, fill: (folder: string) => Promise<void>): Promise<void> {
    const names = await readdir(kept.dir);
    if (names.some((name) => name.startsWith('spare-'))) return;
    for (const left of names.filter((name) => name.startsWith('tmp-'))) await this.removeStale(join(kept.dir, left));
    const id = randomUUID();
    const temporary = join(kept.dir, `tmp-${id}`);
    await mkdir(temporary, { mode: 0o700 });
    try {
      await fill(temporary);
      if (await this.isWhole(kept)) await rename(temporary, join(kept.dir, `spare-${id}`));
    } finally {
      await removeFolder(temporary);
    }
  }

  private async removeStale(place: string): Promise<void> {
    const found = await stat(place).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > STALE_MS) await removeFolder(place);
  }

  private async make(dir: string, make: (files: string) => Promise<void>): Promise<void> {
    const temporary = join(this.options.dir, `tmp-${randomUUID()}`);
    const files = join(temporary, 'files');
    try {
      await mkdir(files, { recursive: true, mode: 0o700 });
      await make(files);
      // Linked into a read-only workspace these files keep their owner, and its reader is somebody else.
      await exec('chmod', ['-R', 'u-s,g-s,a+rX', '--', files], QUIET);
      const boot = await bootId();
      if (boot === null) await exec('sync', [], QUIET);
      const about: About = { stamp: randomUUID(), madeAt: new Date().toISOString(), boot, bytes: (await bytesOf(temporary)) * this.copies };
      await writeFile(join(temporary, ABOUT), JSON.stringify(about));
      if (about.bytes > this.options.maxBytes) return;
      await this.evict(this.options.maxBytes - about.bytes);
      await mkdir(dirname(dir), { recursive: true, mode: 0o700 });
      await rename(temporary, dir).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      });
    } finally {
      await removeFolder(temporary);
    }
  }

  private async evict(maxBytes: number): Promise<void> {
    const entries: { dir: string; bytes: number; usedAt: number }[] = [];
    for (const name of await readdir(this.options.dir)) {
      const place = join(this.options.dir, name);
      if (/^(tmp|trash)-/.test(name)) {
        await this.removeStale(place);
        continue;
      }
      for (const tree of await readdir(place)) {
        const dir = join(place, tree);
        entries.push({ dir, bytes: (await aboutOf(dir))?.bytes ?? 0, usedAt: await usedAt(dir) });
      }
    }
    let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    for (const entry of entries.sort((a, b) => a.usedAt - b.usedAt)) {
      if (bytes <= maxBytes) return;
      await this.remove(entry.dir);
      bytes -= entry.bytes;
    }
  }

  private async remove(dir: string): Promise<void> {
    const trash = join(this.options.dir, `trash-${randomUUID()}`);
    // Somebody else may have been faster.
    const isOurs = await rename(dir, trash).then(() => true, () => false);
    if (isOurs) await removeFolder(trash);
  }

  private get copies(): number {
    return this.options.spares === true ? 2 : 1;
  }

  /** Objects with one name may differ between repositories of different people: SHA-1 can be made to. */
  private placeOf(bare: string): string {
    return join(this.options.dir, createHash('sha256').update(bare).digest('hex').slice(0, 24));
  }
}

async function aboutOf(dir: string): Promise<About | undefined> {
  try {
    return JSON.parse(await readFile(join(dir, ABOUT), 'utf8')) as About;
  } catch {
    // Not there, or damaged.
    return undefined;
  }
}

async function usedAt(dir: string): Promise<number> {
  return (await stat(join(dir, ABOUT)).catch(() => undefined))?.mtimeMs ?? 0;
}

/** Null where the system does not say. */
async function bootId(): Promise<string | null> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then((text) => text.trim(), () => null);
}

async function bytesOf(dir: string): Promise<number> {
  const { stdout } = await exec('du', ['-sk', '--', dir], QUIET);
  return Number.parseInt(stdout, 10) * 1024;
}
