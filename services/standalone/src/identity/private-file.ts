import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { errnoOf } from '@countersign/platform';

/** The parsed content of a JSON file, or undefined where there is none. */
export async function readJson<Content>(file: string): Promise<Content | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Content;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Replaces a file that only its owner may read. A reader sees the old content or the new, never a part. */
export async function writePrivateJson(file: string, content: object): Promise<void> {
  await rename(await draftOf(file, content), file);
}

/** Reads a 0600 file, making it at first use; of two processes that make it at once both get the first one's. */
export async function ensurePrivateJson<Content extends object>(
  file: string,
  make: () => Promise<Content>,
): Promise<Content> {
  const found = await readJson<Content>(file);
  if (found) return found;
  const draft = await draftOf(file, await make());
  try {
    await link(draft, file);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const stored = await readJson<Content>(file);
  if (!stored) throw new Error(`${file} vanished while it was made`);
  return stored;
}

async function draftOf(file: string, content: object): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return draft;
}
