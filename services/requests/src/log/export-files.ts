import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { AppError } from '@countersign/domain';

/** Who may read a bundle: the person who asked for it. */
export type ExportOwner = { readonly tenantId: string; readonly personId: string };
type Kept = ExportOwner & { readonly file: string; readonly bytes: number; readonly timer: NodeJS.Timeout };

const KEPT_MS = 10 * 60_000;

/** Bundles that were made and not read yet; private files that are gone after ten minutes, and with the next start. */
export class ExportFiles {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly dir: string) {}

  /** Removes what an earlier process left. */
  async prepare(): Promise<void> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.dir)) await rm(join(this.dir, name), { force: true });
  }

  async keep(owner: ExportOwner, text: string): Promise<{ readonly id: string; readonly bytes: number }> {
    const id = randomUUID();
    const file = join(this.dir, `${id}.json`);
    await writeFile(file, text, { mode: 0o600, flag: 'wx' });
    const { size: bytes } = await stat(file);
    const timer = setTimeout(() => void this.remove(id), KEPT_MS);
    timer.unref();
    this.kept.set(id, { ...owner, file, bytes, timer });
    return { id, bytes };
  }

  /** @throws AppError NOT_FOUND, also for another person's. */
  async read(owner: ExportOwner, id: string, offset: number, limit: number): Promise<{ readonly piece: Buffer; readonly bytes: number }> {
    const found = this.kept.get(id);
    if (!found || found.tenantId !== owner.tenantId || found.personId !== owner.personId) throw new AppError('NOT_FOUND', 'There is no such export: it was made more than ten minutes ago, or by somebody else', { field: 'id' });
    const file = await open(found.file, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(limit, Math.max(0, found.bytes - offset))), 0, undefined, offset);
      return { piece: buffer.subarray(0, bytesRead), bytes: found.bytes };
    } finally {
      await file.close();
    }
  }

  async close(): Promise<void> {
    for (const id of this.kept.keys()) await this.remove(id);
  }

  private async remove(id: string): Promise<void> {
    const found = this.kept.get(id);
    if (!found) return;
    this.kept.delete(id);
    clearTimeout(found.timer);
    await rm(found.file, { force: true });
  }
}
