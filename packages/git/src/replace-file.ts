import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';

/** Writes the file whole or not at all, `mode` less the process's mask: a git that reads it meanwhile sees the old content or the new, never an empty file. */
export async function replaceFile(path: string, content: string | Uint8Array, mode = 0o666): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, content, { mode });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
