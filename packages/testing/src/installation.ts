import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { ProcessHost } from '@countersign/git';
import { freePort } from '@countersign/parts';

const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 30_000;
const CLI_TIMEOUT_MS = 180_000;

/** For a suite that opens no page of the console. */
export const NO_CONSOLE = { COUNTERSIGN_CONSOLE: 'off' } as const;
/** And one that is not about containers either: what it runs in costs a machine of two cores least. */
export const LIGHT = { ...NO_CONSOLE, COUNTERSIGN_SANDBOX: 'bubblewrap' } as const;

export type CliAnswer = { readonly code: number; readonly json: Record<string, unknown>; readonly stdout: string; readonly stderr: string };

export type InstallationState = { readonly instanceId: string; readonly addresses: Readonly<Record<string, string>> };

export type TestInstallation = {
  readonly dataDir: string;
  /** Where test repositories go; the one folder that may be imported from. */
  readonly reposDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly output: () => string;
  start(more?: Readonly<Record<string, string>>): Promise<void>;
  /** Resolves when the process is gone, however it went. */
  ended(): Promise<void>;
  /** Ctrl-C. */
  stop(): Promise<void>;
  /** kill -9 of the whole process group: no part gets a chance to clean up. */
  kill9(): Promise<void>;
  /** The CLI as `person`, with `--json` where the command has it. */
  cli(person: string, ...args: string[]): Promise<CliAnswer>;
  state(): InstallationState;
  remove(): void;
};

/** The real thing on free ports and a data folder of its own: what `npm start` runs, without its set-up. */
export async function testInstallation(root: string): Promise<TestInstallation> {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-e2e-'));
  chmodSync(dir, 0o755);
  const dataDir = join(dir, 'data');
  const reposDir = join(dir, 'repos');
  mkdirSync(reposDir);
  const env = await settingsOf(root, dir, dataDir, reposDir);
  const host = new ProcessHost(dir, join(root, 'packages/git/dist/process-host-program.js'));
  const parts = await provisionedParts(host, root, env);
  let child: ChildProcess | undefined;
  let output = '';

  const start = async (more: Readonly<Record<string, string>> = {}): Promise<void> => {
    output = '';
    const faults = more['COUNTERSIGN_FAULT_FILE'] === undefined ? [] : ['--import', pathToFileURL(join(root, 'packages/testing/dist/fault.js')).href];
    child = spawn(process.execPath, ['--enable-source-maps', ...faults, join(root, 'services/standalone/dist/main.js')], {
      cwd: root,
      env: { ...env, ...more, COUNTERSIGN_PARTS: JSON.stringify({ root, begunAt: Date.now(), steps: [], parts }) },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await waitFor(() => output.includes('Countersign is up') || child?.exitCode !== null, START_TIMEOUT_MS, () => output);
    if (child.exitCode !== null) throw new Error(`It did not start:\n${output}`);
  };
  const ended = (): Promise<void> => waitFor(() => child?.exitCode !== null || child.signalCode !== null, STOP_TIMEOUT_MS, () => output);

  return {
    dataDir,
    reposDir,
    env,
    output: () => output,
    start,
    ended,
    async stop() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGINT');
      await ended();
    },
    async kill9() {
      if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
      await ended();
    },
    cli: (person, ...args) => runCli(host, root, env, person, args),
    state: () => JSON.parse(readFileSync(join(dataDir, 'state.json'), 'utf8')) as InstallationState,
    remove() {
      host.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function settingsOf(root: string, dir: string, dataDir: string, reposDir: string): Promise<Record<string, string>> {
  const ports = ['CONSOLE', 'GATEWAY', 'IDENTITY', 'POSTGRES', 'TEMPORAL', 'TEMPORAL_UI'];
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? dir,
    XDG_CONFIG_HOME: join(dir, 'config'),
    COUNTERSIGN_DATA_DIR: dataDir,
    COUNTERSIGN_REPO_ROOTS: reposDir,
    COUNTERSIGN_LOG_LEVEL: process.env['COUNTERSIGN_LOG_LEVEL'] ?? 'warn',
    NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/countersign/compiled'),
  };
  for (const name of ['XDG_CACHE_HOME', 'COUNTERSIGN_SANDBOX', 'DOCKER_HOST']) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  for (const port of ports) env[`COUNTERSIGN_${port}_PORT`] = String(await freePort());
  return env;
}

async function provisionedParts(host: ProcessHost, root: string, env: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
  const scripts = ['provision-postgres', 'provision-temporal', 'provision-docker', 'provision-sandbox-image', 'provision-bubblewrap'];
  const parts: unknown[] = [];
  for (const script of scripts) {
    const { code, stdout, stderr } = await run(host, [join(root, 'scripts', `${script}.mjs`)], { ...env }, root);
    if (code !== 0) throw new Error(`${script}: ${stderr}`);
    parts.push(JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}'));
  }
  return parts;
}

async function runCli(host: ProcessHost, root: string, env: Readonly<Record<string, string>>, person: string, args: readonly string[]): Promise<CliAnswer> {
  const all = [join(root, 'packages/cli/bin/countersign.mjs'), ...args, '--profile', person, '--json'];
  const { code, stdout, stderr } = await run(host, all, { ...env }, root);
  let json: Record<string, unknown> = {};
  try {
    json = JSON.parse(stdout) as Record<string, unknown>;
  } catch {
    // A usage error prints no document; the test sees the exit code and stderr.
  }
  return { code, json, stdout, stderr };
}

/** A worker of jest is large by now, and a fork of it slow. */
async function run(host: ProcessHost, args: readonly string[], env: Record<string, string>, cwd: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const options = { env, cwd, stdin: undefined, deadlineMs: CLI_TIMEOUT_MS, maxOutputBytes: 64_000_000, signal: undefined, onProgress: undefined };
  const { exitCode, stdout, stderr } = await host.run(process.execPath, args, options);
  return { code: exitCode ?? 1, stdout: stdout.toString(), stderr };
}

export async function waitFor(ready: () => boolean | Promise<boolean>, timeoutMs: number, account: () => string = () => '', everyMs = 100): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await ready())) {
    if (Date.now() > deadline) throw new Error(`It did not happen within ${timeoutMs} ms.\n${account()}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
