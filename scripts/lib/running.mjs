import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { dataFolder } from './clone.mjs';
import { isRunning } from './process-table.mjs';

/** The installation on this data folder, if one runs: before anything is rebuilt under its feet. */
export function runningInstallation({ env, root }) {
  const folder = dataFolder(env, root);
  const owner = readJson(join(folder, 'lock.json'));
  if (!owner || !isRunning(owner)) return undefined;
  const { addresses = {}, parts = [] } = readJson(join(folder, 'state.json')) ?? {};
  return { folder, pid: owner.pid, addresses, parts };
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
