import { randomUUID } from 'node:crypto';
import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises';

import { usage } from './cli-error.js';

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown';

/** Refuses early what would be replaced at the end. */
export async function requireFree(path: string, option: string, mayReplace = false): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isFile()) throw usage(`--${option}: ${path} is there and is no file`, option);
  if (!mayReplace) throw usage(`--${option}: ${path} is there already; say --force to replace it`, option);
}

async function draftAt(path: string, mode: number): Promise<{ readonly name: string; readonly file: FileHandle }> {
  const name = `${path}.${randomUUID()}`;
  try {
    return { name, file: await open(name, 'wx', mode) };
  } catch (error) {
    throw usage(`${path} cannot be written (${codeOf(error)})`, 'output');
  }
}

/** What `work` writes is the file, whole and on disk; where it fails nothing is left of it and the old file stays. */
export async function intoWholeFile(path: string, work: (file: FileHandle) => Promise<void>, mode = 0o644): Promise<void> {
  const { name, file } = await draftAt(path, mode);
  try {
    try {
      await work(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(name, path);
  } catch (error) {
    await rm(name, { force: true });
    throw error;
  }
}

export async function writeOutput(path: string, text: string): Promise<void> {
  await intoWholeFile(path, (file) => file.writeFile(text));
}
