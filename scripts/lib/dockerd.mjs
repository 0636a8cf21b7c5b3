import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, closeSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { cacheRoot } from './cache.mjs';
import { findEngine } from './docker-api.mjs';
import { isRunning, startTimeOf } from './process-table.mjs';
import { which } from './run.mjs';

// A sandbox has no network, so the engine needs none: no bridge, and no firewall rule of this machine is touched.
const ARGUMENTS = ['--bridge=none', '--iptables=false', '--ip6tables=false'];
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 20_000;

const folder = (env) => join(cacheRoot(env), 'docker');
const recordFile = (env) => join(folder(env), 'dockerd.json');
export const logFile = (env) => join(folder(env), 'dockerd.log');

export function hasServiceManager() {
  return existsSync('/run/systemd/system');
}

/** The daemon that one of our provisioners started, if it still runs. */
export function ourDaemon(env) {
  try {
    const record = JSON.parse(readFileSync(recordFile(env), 'utf8'));
    return isRunning(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** `isKept`: started by hand, so that no process stops it when it ends. */
export async function startDaemon(env, { isKept }) {
  mkdirSync(folder(env), { recursive: true, mode: 0o700 });
  removeDeadPidFile();
  const log = openSync(logFile(env), 'a');
  const path = [env.PATH, '/usr/sbin', '/sbin'].join(':');
  const child = spawn(which('dockerd', { PATH: path }) ?? 'dockerd', ARGUMENTS, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...env, PATH: path },
  });
  closeSync(log);
  let hasEnded = false;
  child.on('error', () => (hasEnded = true));
  child.on('exit', () => (hasEnded = true));
  child.unref();
  if (child.pid) {
    const record = { pid: child.pid, startTime: startTimeOf(child.pid) ?? 0, isKept };
    writeFileSync(recordFile(env), JSON.stringify(record), { mode: 0o600 });
  }
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!hasEnded && Date.now() < deadline) {
    const engine = await findEngine(env);
    if (engine) return engine;
    await sleep(100);
  }
  return undefined;
}

// After a kill -9 dockerd refuses to start while the old pid is in use, even by a process that is not it.
function removeDeadPidFile() {
  const path = '/var/run/docker.pid';
  try {
    const command = readFileSync(`/proc/${readFileSync(path, 'utf8').trim()}/comm`, 'utf8');
    if (command.trim() !== 'dockerd') rmSync(path, { force: true });
  } catch {
    rmSync(path, { force: true });
  }
}

const userFile = (env, { pid, startTime }) => join(folder(env), 'users', `${pid}-${startTime}`);

/** Says that a process uses the daemon of ours: it is stopped by the last of them. */
export function useDaemon(env, user) {
  mkdirSync(join(folder(env), 'users'), { recursive: true, mode: 0o700 });
  writeFileSync(userFile(env, user), '');
}

/** Ends a use; stops the daemon where it was started for such a use and nobody else alive has one. */
export async function leaveDaemon(env, user) {
  rmSync(userFile(env, user), { force: true });
  if (otherUsers(env).length > 0) return { stopped: false };
  const daemon = ourDaemon(env);
  if (!daemon || daemon.isKept) return { stopped: false };
  process.kill(daemon.pid, 'SIGTERM');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (isRunning(daemon) && Date.now() < deadline) await sleep(50);
  if (isRunning(daemon)) process.kill(daemon.pid, 'SIGKILL');
  rmSync(recordFile(env), { force: true });
  return { stopped: true };
}

function otherUsers(env) {
  const users = join(folder(env), 'users');
  if (!existsSync(users)) return [];
  return readdirSync(users).filter((name) => {
    const [pid, startTime] = name.split('-').map(Number);
    if (isRunning({ pid, startTime })) return true;
    rmSync(join(users, name), { force: true });
    return false;
  });
}
