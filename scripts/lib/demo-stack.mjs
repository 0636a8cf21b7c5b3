// A throw-away installation for a run of the demo: own data folder, own ports, nothing of the user's own is touched.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { dataFolder } from './clone.mjs';
import { isRunning, thisProcess } from './process-table.mjs';
import { runningInstallation } from './running.mjs';

const PREFIX = 'countersign-demo-';
const OWNER = 'owner.json';
const START_TIMEOUT_MS = 4 * 60_000;
const STOP_TIMEOUT_MS = 60_000;
const PORTS = ['CONSOLE', 'GATEWAY', 'IDENTITY', 'POSTGRES', 'TEMPORAL', 'TEMPORAL_UI'];

/** Answers the environment that its commands need, and `stop`, which says what was left behind. */
export async function startOwnStack({ root, say, settings = {} }) {
  sweep();
  const dir = mkdtempSync(join(tmpdir(), PREFIX));
  // Postgres runs as another account when we are root, which has to be able to enter.
  chmodSync(dir, 0o755);
  writeFileSync(join(dir, OWNER), JSON.stringify(thisProcess()), { mode: 0o600 });
  const repos = join(dir, 'repos');
  mkdirSync(repos);
  const free = await freePorts(PORTS.length);
  const env = {
    ...process.env,
    COUNTERSIGN_DATA_DIR: join(dir, 'data'),
    COUNTERSIGN_REPO_ROOTS: repos,
    XDG_CONFIG_HOME: join(dir, 'config'),
    ...settings,
    ...Object.fromEntries(PORTS.map((name, index) => [`COUNTERSIGN_${name}_PORT`, String(free[index])])),
  };
  say('Starting an installation of its own: `npm start` with another data folder and other ports');
  const child = spawn(process.execPath, [join(root, 'scripts/start.mjs')], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  let ended;
  child.once('error', (error) => (ended = error.message));
  child.once('exit', (code, signal) => (ended = signal ?? `exit code ${code}`));
  const stop = async () => {
    if (ended === undefined) child.kill('SIGINT');
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    while (ended === undefined && Date.now() < deadline) await sleep(100);
    const left = leftBehind(dataFolder(env, root));
    if (ended === undefined) child.kill('SIGKILL');
    if (ended !== undefined && left.length === 0) rmSync(dir, { recursive: true, force: true });
    return [...(ended === undefined ? ['`npm start` itself'] : []), ...left];
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => void stop().then(() => process.exit(1)));
  try {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!isReady(env, root)) {
      if (ended !== undefined) throw new Error(`\`npm start\` ended with ${ended}.`);
      if (Date.now() > deadline) throw new Error(`\`npm start\` was not ready within ${START_TIMEOUT_MS / 1000} s.`);
      await sleep(200);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { env, stop };
}

function isReady(env, root) {
  const { addresses = {} } = runningInstallation({ env, root }) ?? {};
  return Boolean(addresses.gateway && addresses.console);
}

/** What its lock names and what still lives: there must be none after a stop. */
function leftBehind(data) {
  const { pid, startTime, children = [] } = readJson(join(data, 'lock.json')) ?? {};
  return [{ name: 'the installation', pid, startTime }, ...children].filter((one) => one.pid && isRunning(one)).map(({ name, pid }) => `${name} (process ${pid})`);
}

/** Folders of runs that were killed; one of which something still runs is kept. */
function sweep() {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const dir = join(tmpdir(), name);
    const owner = readJson(join(dir, OWNER));
    if (owner && !isRunning(owner) && leftBehind(join(dir, 'data')).length === 0) rmSync(dir, { recursive: true, force: true });
  }
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Below the ports that the kernel hands out: one of those might be gone before the installation takes it. */
async function freePorts(count) {
  const found = new Set();
  while (found.size < count) {
    const port = randomInt(15_000, 32_768);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
