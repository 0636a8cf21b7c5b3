import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { isRunning, thisProcess } from './process-table.mjs';

/** Runs `work` while no other process holds the lock file. A lock whose owner died is taken over. */
export async function withLock(path, log, work) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const mine = `${path}.${process.pid}`;
  const text = JSON.stringify(thisProcess());
  writeFileSync(mine, text);
  let isTold = false;
  try {
    while (!tryLink(mine, path)) {
      const holder = read(path);
      if (holder && !isRunning(holder.owner)) takeAway(path, holder.text);
      else {
        if (!isTold) log(`waiting for process ${holder?.owner.pid ?? '?'}, which does the same just now`);
        isTold = true;
        await sleep(200);
      }
    }
  } finally {
    rmSync(mine, { force: true });
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function tryLink(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function read(path) {
  try {
    const text = readFileSync(path, 'utf8');
    return { text, owner: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

// Rename, look, put back: another process may have taken the dead lock over in between, and that one is alive.
function takeAway(path, deadText) {
  const aside = `${path}.dead-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (read(aside)?.text !== deadText) tryLink(aside, path);
  rmSync(aside, { force: true });
}
