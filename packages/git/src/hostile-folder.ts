import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const QUIET = { env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' }, timeout: 600_000 };

export type Owner = { readonly uid: number; readonly gid: number };

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function within(dir: Buffer, name: Buffer): Buffer {
  return Buffer.concat([dir, Buffer.from('/'), name]);
}

/**
 * Makes everything below a folder of our own user readable again. Root reads it anyway. Links are not followed:
 * only what is a folder or a file itself is touched.
 */
export async function unlock(dir: Buffer): Promise<void> {
  if (isRoot()) return;
  await chmod(dir, 0o700);
  for (const entry of await readdir(dir, { withFileTypes: true, encoding: 'buffer' })) {
    const path = within(dir, entry.name);
    if (entry.isDirectory()) await unlock(path);
    else if (entry.isFile()) {
      const { mode } = await lstat(path);
      if ((mode & 0o400) === 0) await chmod(path, mode | 0o600);
    }
  }
}

/** `rm` descends by folder handles, so that a link put in place of a folder meanwhile leads it nowhere. */
export async function removeFolder(dir: string): Promise<void> {
  const found = await lstat(dir).catch(() => undefined);
  if (!found) return;
  if (found.isDirectory() && !found.isSymbolicLink()) await unlock(Buffer.from(dir));
  await exec('rm', ['-rf', '--', dir], QUIET);
}

/** Gives a folder that only we can see to its owner; links themselves, never what they point to. */
export async function giveTo(dir: string, owner: Owner | undefined): Promise<void> {
  if (!isRoot() || !owner) return;
  await exec('chown', ['-R', '-h', '-P', `${owner.uid}:${owner.gid}`, '--', dir], QUIET);
}

async function moveAll(from: string, to: string): Promise<void> {
  for (const name of await readdir(from, { encoding: 'buffer' })) {
    const path = within(Buffer.from(from), name);
    // To move a folder its own `..` is rewritten, which needs the right to write into it.
    if (!isRoot() && (await lstat(path)).isDirectory()) await chmod(path, 0o700);
    await rename(path, within(Buffer.from(to), name));
  }
}

/**
 * Puts the content of `fresh` in place of what `folder` holds. The folder itself stays the same one, because a
 * container may have it mounted. `trash` must be on the same file system and out of anybody's sight.
 */
export async function replaceContent(folder: string, fresh: string, trash: string): Promise<void> {
  await mkdir(trash, { recursive: true, mode: 0o700 });
  const found = await lstat(folder).catch(() => undefined);
  if (found && !found.isDirectory()) await rename(folder, join(trash, 'not-a-folder'));
  if (!found?.isDirectory()) await mkdir(folder, { mode: 0o700 });
  await chmod(folder, 0o700);
  await moveAll(folder, trash);
  await moveAll(fresh, folder);
  await removeFolder(trash);
  await removeFolder(fresh);
}
