import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ProvisionError } from './provision-error.mjs';
import { run } from './run.mjs';

const STAMP = 'node_modules/.countersign-stamp';

/**
 * `npm install` of the locked versions where nothing is installed, or what is installed belongs to another package-lock.json. Not
 * `npm ci`: it refuses a lock made where a registry did not offer the optional packages of other platforms.
 */
export async function installPackages({ log, env, root }) {
  const lock = join(root, 'package-lock.json');
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex');
  const stamp = join(root, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return { installed: false };
  if (isInstalledByHand(root, lock)) {
    writeFileSync(stamp, digest);
    return { installed: false };
  }
  log('installing packages (npm install)');
  try {
    await run('npm', ['install', '--no-save', '--no-audit', '--no-fund'], { cwd: root, env, timeoutMs: 20 * 60_000 });
  } catch (error) {
    throw new ProvisionError(`The packages could not be installed. ${error.message}`, 'Run `npm install` and look at what it says.');
  }
  writeFileSync(stamp, digest);
  return { installed: true };
}

/** npm writes its own copy of the lock last: not older than the lock means that a person installed it. */
function isInstalledByHand(root, lock) {
  const installed = statSync(join(root, 'node_modules/.package-lock.json'), { throwIfNoEntry: false });
  return installed !== undefined && installed.mtimeMs >= statSync(lock).mtimeMs - 1_000;
}
