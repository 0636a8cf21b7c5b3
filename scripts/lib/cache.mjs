import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { withLock } from './lock.mjs';

export function cacheRoot(env = process.env) {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'countersign');
}

/** What an earlier run left for exactly this version, or undefined. A folder without its record is not one. */
export function fromCache(env, part, version) {
  const folder = join(cacheRoot(env), part, version);
  try {
    return { folder, record: JSON.parse(readFileSync(join(folder, 'part.json'), 'utf8')) };
  } catch {
    return undefined;
  }
}

/** Fills `<cache>/<part>/<version>` once: `fill` writes into a temporary folder, which appears under its name whole. */
export async function throughCache({ env, log, part, version }, fill) {
  const parent = join(cacheRoot(env), part);
  return withLock(join(parent, `${version}.lock`), log, async () => {
    const found = fromCache(env, part, version);
    if (found) return found;
    mkdirSync(parent, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(parent)) {
      if (name.startsWith(`.${version}-`)) rmSync(join(parent, name), { recursive: true, force: true });
    }
    const temporary = mkdtempSync(join(parent, `.${version}-`));
    try {
      const record = await fill(temporary);
      writeFileSync(join(temporary, 'part.json'), `${JSON.stringify(record, null, 2)}\n`);
      const folder = join(parent, version);
      if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
      renameSync(temporary, folder);
      return { folder, record };
    } catch (error) {
      rmSync(temporary, { recursive: true, force: true });
      throw error;
    }
  });
}
