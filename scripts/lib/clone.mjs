import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** Twelve hex digits that name this clone on this machine. */
export function cloneId(root) {
  return idOf(realpathSync(root));
}

/** The data folder's real path, which need not exist yet. */
export function dataFolder(env, root) {
  return real(resolve(root, env.COUNTERSIGN_DATA_DIR || '.countersign'));
}

export function idOf(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

function real(path) {
  if (existsSync(path)) return realpathSync(path);
  return path === dirname(path) ? path : join(real(dirname(path)), basename(path));
}
