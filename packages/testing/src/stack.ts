import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  freePort,
  isRunning,
  postgresServer,
  stopProcess,
  temporalServer,
  thisProcess,
  type ChildRecord,
  type OsUser,
  type ProcessRef,
} from '@countersign/parts';

/** For suites that poll the product's own task queues: beside each other they would take each other's work. */
const NAMESPACES = ['lifecycle', 'requests', 'worker'];
const FOLDER_PREFIX = 'countersign-test-';
const PROVISION_TIMEOUT_MS = 30 * 60_000;

export type TestStack = {
  /** What suites read: DATABASE_URL (superuser), TEMPORAL_ADDRESS, TEMPORAL_CLI, COUNTERSIGN_SANDBOX_IMAGE, DOCKER_HOST. */
  readonly env: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
};

type Provisioned = {
  readonly ok: boolean;
  readonly where: string;
  readonly fix?: string;
  readonly how: string;
  readonly binDir?: string;
  readonly runAs?: OsUser;
};

/** Real Postgres, Temporal and container engine, once per run. A part that cannot be had fails the run. */
export async function startStack(root: string): Promise<TestStack> {
  await sweepLeftOvers();
  const [postgres, temporal, sandbox] = await Promise.all([
    provision(root, 'provision-postgres', { DATABASE_URL: '' }),
    provision(root, 'provision-temporal'),
    provision(root, 'use-docker', {}, String(process.pid)).then(async (docker) => ({
      docker,
      image: await provision(root, 'provision-sandbox-image'),
    })),
  ]);

  const children: ChildRecord[] = [];
  // Postgres runs as another account when we are root, which has to be able to enter.
  const dir = mkdtempSync(join(tmpdir(), FOLDER_PREFIX));
  chmodSync(dir, 0o755);
  const onStarted = (child: ChildRecord): void => {
    children.push(child);
    writeOwner(dir, children);
  };
  writeOwner(dir, children);

  const database = await postgresServer({
    binDir: postgres.binDir ?? '',
    ...(postgres.runAs && { runAs: postgres.runAs }),
    dataDir: join(dir, 'postgres'),
    port: await freePort(),
    portSetting: 'nothing: tests take a free port',
    owner: 'tests',
    passwordFile: join(dir, 'postgres-password'),
    logFile: join(dir, 'postgres.log'),
    fsync: false,
    onStarted,
  });
  const engine = await temporalServer({
    cli: temporal.where,
    port: await freePort(),
    portSetting: 'nothing: tests take a free port',
    namespaces: NAMESPACES,
    logFile: join(dir, 'temporal.log'),
    onStarted,
  });
  const release = (): void => {
    spawnSync(process.execPath, [join(root, 'scripts/release-docker.mjs'), String(process.pid)], { stdio: 'ignore' });
  };
  const stop = async (): Promise<void> => {
    await Promise.all([database.process.stop(), engine.process.stop()]);
    rmSync(dir, { recursive: true, force: true });
    release();
  };
  try {
    await Promise.all([database.process.start(), engine.process.start()]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    env: {
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: engine.address,
      TEMPORAL_CLI: temporal.where,
      COUNTERSIGN_SANDBOX_IMAGE: sandbox.image.where,
      DOCKER_HOST: sandbox.docker.where,
    },
    stop,
  };
}

/** Runs one of scripts/*.mjs; its last line on stdout is the answer. */
function provision(root: string, script: string, env: NodeJS.ProcessEnv = {}, ...args: string[]): Promise<Provisioned> {
  return new Promise((resolve, reject) => {
    const options = { cwd: root, env: { ...process.env, ...env }, timeout: PROVISION_TIMEOUT_MS };
    const child = execFile(process.execPath, [join(root, 'scripts', `${script}.mjs`), ...args], options, (error, stdout, stderr) => {
      const last = stdout.trim().split('\n').at(-1) ?? '';
      const answer = last.startsWith('{') ? (JSON.parse(last) as Provisioned) : undefined;
      if (!error && answer?.ok) return resolve(answer);
      return reject(new Error(`${script}: ${answer ? `${answer.how} ${answer.fix ?? ''}` : stderr.trim() || error?.message}`));
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      // The first run of a machine takes minutes: say what it does.
      process.stderr.write(chunk);
    });
  });
}

function writeOwner(dir: string, children: readonly ChildRecord[]): void {
  writeFileSync(join(dir, 'owner.json'), JSON.stringify({ owner: thisProcess(), children }), { mode: 0o600 });
}

/** A run that was killed with -9 leaves its servers; the next one ends them. */
async function sweepLeftOvers(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(FOLDER_PREFIX))) {
    const dir = join(tmpdir(), name);
    const file = join(dir, 'owner.json');
    if (!existsSync(file)) continue;
    const left = JSON.parse(readFileSync(file, 'utf8')) as { owner: ProcessRef; children: ChildRecord[] };
    if (isRunning(left.owner)) continue;
    for (const child of left.children) await stopProcess(child, { signal: 'SIGINT', timeoutMs: 5_000 });
    rmSync(dir, { recursive: true, force: true });
  }
}
