import { readFile } from 'node:fs/promises';

import { usage } from './cli-error.js';

/** @throws CliError usage naming the file and what it was given as. */
export async function readInput(path: string, field: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw usage(`${field}: ${path} cannot be read (${error.code ?? 'unknown'})`, field);
  });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw usage(`${field}: ${path} is not text in UTF-8`, field);
  }
}
