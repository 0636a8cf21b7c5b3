import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { AppError } from '@countersign/domain';
import { errnoOf } from '@countersign/platform';

import type { CheckpointKeeper, KeptNote } from './checkpoint-keeper.port.js';

const PLACE = /\/log\/([!-*,-.0-~]+)\/([1-9][0-9]*)$/;
const NOTE_FILE = /^(0|[1-9][0-9]*)\.note$/;

/** Files `<tenant>/<n>/<size>.note` of mode 0600 below a folder, each written beside its place and renamed. */
export class DiskCheckpointKeeper implements CheckpointKeeper {
  constructor(private readonly dir: string) {}

  async keep(origin: string, size: number, note: string): Promise<void> {
    const folder = this.folderOf(origin);
    const draft = join(folder, `.${randomBytes(9).toString('hex')}`);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(note);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, join(folder, `${size}.note`));
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      throw new AppError('ARTIFACT_UNAVAILABLE', 'A checkpoint cannot be kept in the artifact store', { cause: error });
    }
  }

  async newest(origin: string): Promise<KeptNote | null> {
    const folder = this.folderOf(origin);
    try {
      const sizes = (await readdir(folder)).flatMap((name) => NOTE_FILE.exec(name)?.[1] ?? []).map(Number);
      if (sizes.length === 0) return null;
      const size = sizes.reduce((most, one) => Math.max(most, one));
      return { size, note: await readFile(join(folder, `${size}.note`), 'utf8') };
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      throw new AppError('ARTIFACT_UNAVAILABLE', 'Kept checkpoints cannot be read from the artifact store', { cause: error });
    }
  }

  private folderOf(origin: string): string {
    const [, tenant, n] = PLACE.exec(origin) ?? [];
    if (tenant === undefined || n === undefined || /^\.{1,2}$/.test(tenant)) throw new AppError('INVALID_INPUT', `${origin} names no log`, { field: 'origin' });
    return join(this.dir, tenant, n);
  }
}
