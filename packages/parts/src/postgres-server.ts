import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { chmod, chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { OsUser } from './os-user.js';
import { PartError } from './part-error.js';
import { assertPortFree } from './ports.js';
import { processStartTime, stopProcess } from './process-table.js';
import { SupervisedProcess, type SupervisedProcessOptions } from './supervised-process.js';

const SUPERUSER = 'postgres';
const INITDB_TIMEOUT_MS = 60_000;
/** Recovery after a crash replays the log before it answers. */
const READY_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 20_000;
const OWNER_FILE = 'countersign-owner';

export type PostgresServerOptions = {
  /** Holds `initdb` and `postgres`; `runAs` must be able to enter it. */
  readonly binDir: string;
  readonly dataDir: string;
  readonly port: number;
  readonly portSetting: string;
  readonly runAs?: OsUser;
  /** Names the installation; a cluster of another one is put aside, never opened and never deleted. */
  readonly owner: string;
  readonly passwordFile: string;
  readonly logFile: string;
  /** Off only in tests: without it a crash of the machine may lose what was committed. */
  readonly fsync: boolean;
} & Pick<SupervisedProcessOptions, 'onStarted' | 'onExit' | 'onRestarted'>;

export type PostgresServer = { readonly process: SupervisedProcess; readonly url: string };

/**
 * A Postgres of our own on the loopback address. Makes the cluster where there is none; call `process.start()` then.
 * A server that a killed parent left on the same data is stopped first: it cannot be supervised, and two would not start.
 */
export async function postgresServer(options: PostgresServerOptions): Promise<PostgresServer> {
  const { binDir, dataDir, port, portSetting, runAs, fsync } = options;
  await stopLeftOver(dataDir);
  await assertPortFree(port, portSetting);
  const password = await ownCluster(options);
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    fsync: fsync ? 'on' : 'off',
    synchronous_commit: fsync ? 'on' : 'off',
    full_page_writes: fsync ? 'on' : 'off',
    max_connections: '200',
  };
  const supervised = new SupervisedProcess({
    name: 'postgres',
    command: join(binDir, 'postgres'),
    args: ['-D', dataDir, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    cwd: dataDir,
    env: serverEnvironment(),
    port,
    logFile: options.logFile,
    ...(runAs && { runAs }),
    prepare: () => stopLeftOver(dataDir),
    isReady: async () => isAnswering(dataDir),
    readyTimeoutMs: READY_TIMEOUT_MS,
    // "Fast": open transactions are rolled back, and a checkpoint is written.
    stopSignal: 'SIGINT',
    stopTimeoutMs: STOP_TIMEOUT_MS,
    ...(options.onStarted && { onStarted: options.onStarted }),
    ...(options.onExit && { onExit: options.onExit }),
    ...(options.onRestarted && { onRestarted: options.onRestarted }),
  });
  return { process: supervised, url: `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres` };
}

/** Returns the superuser's password, making the cluster where this installation has none. */
async function ownCluster({ binDir, dataDir, runAs, owner, passwordFile }: PostgresServerOptions): Promise<string> {
  const ownerFile = join(dataDir, OWNER_FILE);
  const isOurs = existsSync(ownerFile) && readFileSync(ownerFile, 'utf8') === owner && existsSync(passwordFile);
  if (isOurs) return readFileSync(passwordFile, 'utf8').trim();

  // Without its data folder a cluster is useless to us, yet it is somebody's data; half a cluster is nobody's.
  if (existsSync(ownerFile)) await rename(dataDir, `${dataDir}.replaced-${Date.now()}`);
  else await rm(dataDir, { recursive: true, force: true });

  const password = randomBytes(24).toString('hex');
  await mkdir(dirname(passwordFile), { recursive: true, mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  await mkdir(dirname(dataDir), { recursive: true, mode: 0o711 });
  await mkdir(dataDir, { mode: 0o700 });
  if (runAs) await chown(dataDir, runAs.uid, runAs.gid);
  // Beside the cluster, because initdb has to read it as that account; the folder itself must be empty.
  const passwordForInitdb = `${dataDir}.password`;
  await rm(passwordForInitdb, { force: true });
  await writeFile(passwordForInitdb, `${password}\n`, { mode: 0o600, flag: 'wx' });
  if (runAs) await chown(passwordForInitdb, runAs.uid, runAs.gid);
  await initdb({ binDir, dataDir, runAs, passwordForInitdb }).finally(() => rm(passwordForInitdb, { force: true }));
  await writeFile(ownerFile, owner, { mode: 0o600 });
  await chmod(passwordFile, 0o600);
  return password;
}

type Initdb = {
  readonly binDir: string;
  readonly dataDir: string;
  readonly runAs: OsUser | undefined;
  readonly passwordForInitdb: string;
};

function initdb({ binDir, dataDir, runAs, passwordForInitdb }: Initdb): Promise<void> {
  const flags = ['--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', `--username=${SUPERUSER}`];
  return new Promise((resolve, reject) => {
    const child = spawn(join(binDir, 'initdb'), ['-D', dataDir, ...flags, `--pwfile=${passwordForInitdb}`], {
      cwd: dataDir,
      env: serverEnvironment(),
      ...(runAs && { uid: runAs.uid, gid: runAs.gid }),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: INITDB_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const fail = (why: string): void =>
      reject(new PartError('PART_NOT_READY', `initdb ${why}.\n${said.slice(-2_000)}`, 'Run `node scripts/provision-postgres.mjs`.'));
    child.on('error', (error) => fail(`could not be run: ${error.message}`));
    child.on('close', (code, signal) => (code === 0 ? resolve() : fail(`ended with ${signal ?? code}`)));
  });
}

/** Nothing of ours but what a server needs: its environment can be read by whoever runs as the same account. */
function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

/** The postmaster says so itself in the eighth line of its pid file. */
function isAnswering(dataDir: string): boolean {
  return readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim() === 'ready';
}

/**
 * Ends every process of a server on this data, backends that outlived their postmaster too, and removes a pid file that
 * names none: Postgres would take any live process of the same account for its predecessor.
 */
async function stopLeftOver(dataDir: string): Promise<void> {
  if (!existsSync(dataDir)) return;
  const pidFile = join(dataDir, 'postmaster.pid');
  const postmaster = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8').split('\n')[0]) : 0;
  if (serverProcesses(dataDir).includes(postmaster)) {
    const startTime = processStartTime(postmaster) ?? 0;
    await stopProcess({ pid: postmaster, startTime }, { signal: 'SIGINT', timeoutMs: STOP_TIMEOUT_MS });
  }
  for (let left = serverProcesses(dataDir); left.length > 0; left = serverProcesses(dataDir)) {
    for (const pid of left) {
      await stopProcess({ pid, startTime: processStartTime(pid) ?? 0 }, { signal: 'SIGTERM', timeoutMs: 2_000 });
    }
    await sleep(20);
  }
  await rm(pidFile, { force: true });
}

/** Every process of a Postgres server has its data folder as working directory. */
function serverProcesses(dataDir: string): number[] {
  if (!existsSync('/proc')) return [];
  const real = realpathSync(dataDir);
  return readdirSync('/proc').flatMap((pid) => {
    try {
      if (!/^\d+$/.test(pid) || readlinkSync(`/proc/${pid}/cwd`) !== real) return [];
      const isServer = readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres');
      return isServer && processStartTime(Number(pid)) !== undefined ? [Number(pid)] : [];
    } catch {
      return [];
    }
  });
}
