import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { AppError } from '@countersign/domain';

import { writeGitConfig, type Setting } from './git-config.js';
import { GIT_GUARDS, type GitGuards } from './git-guards.js';
import { runProcess, type ProcessResult, type ProcessRunner } from './git-process.js';
import { startProcess, type GitStream } from './git-stream.js';
import { HostLost } from './process-host.js';
import { scrubCredentials } from './scrub.js';

export type GitRunOptions = {
  /** Defaults to our own home folder, where there is no repository to find. */
  readonly cwd?: string;
  readonly gitDir?: string;
  readonly workTree?: string;
  readonly stdin?: Uint8Array | string;
  readonly env?: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  /** Default 64 MB; more output is GIT_FAILED. */
  readonly maxOutputBytes?: number;
  /** `GIT_ALLOW_PROTOCOL`; none by default. */
  readonly protocols?: string;
  readonly config?: readonly (readonly [key: string, value: string])[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (line: string) => void;
  /** Exit codes that are answers, not failures; default 0 only. */
  readonly okExitCodes?: readonly number[];
};

export type GitResult = { readonly exitCode: number; readonly stdout: Buffer; readonly stderr: string };

export type GitOptions = {
  readonly binary?: string;
  /** Our own global configuration file; its folder is git's home. */
  readonly configFile: string;
  /** Where git and ssh are looked up. */
  readonly path?: string;
  /** Agent that holds the keys for ssh sources. */
  readonly sshAuthSock?: string | undefined;
  readonly guards?: GitGuards;
  /** Who starts git; by default this process does. */
  readonly run?: ProcessRunner | undefined;
};

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin';
const DEFAULT_MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** `git merge-tree --write-tree` came with it. */
const OLDEST = [2, 38] as const;

function configEnvironment(config: GitRunOptions['config'] = []): Record<string, string> {
  const entries = config.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(config.length), ...(Object.fromEntries(entries) as Record<string, string>) };
}

/**
 * The one hardened git runner: an environment built from nothing, our configuration only, no hook, no filter,
 * no prompt, no transport that was not named, argument vectors only, the process group killed at the deadline.
 */
export class Git {
  private readonly home: string;

  constructor(private readonly options: GitOptions) {
    this.home = dirname(options.configFile);
  }

  /**
   * @throws AppError GIT_FAILED (exit code not in `okExitCodes`, too much output, its starter lost), GIT_TIMEOUT (deadline or abort),
   * PART_MISSING (no git); `details` hold the command, the exit code and the end of stderr without credentials.
   */
  async run(args: readonly string[], options: GitRunOptions): Promise<GitResult> {
    const { binary = 'git', run = runProcess } = this.options;
    const result = await run(binary, args, {
      cwd: options.cwd ?? this.home,
      env: this.environment(options),
      stdin: options.stdin,
      deadlineMs: options.deadlineMs,
      maxOutputBytes: options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES,
      signal: options.signal,
      onProgress: options.onProgress,
    }).catch((cause: unknown) => {
      if (cause instanceof HostLost) throw new AppError('GIT_FAILED', `git ${args[0] ?? ''} was cut off: ${cause.message}`, { cause });
      throw new AppError('PART_MISSING', `git could not be started: is ${binary} installed?`, { cause });
    });
    const stderr = scrubCredentials(result.stderr).trim();
    const { exitCode } = result;
    if (exitCode === null || result.killed || !(options.okExitCodes ?? [0]).includes(exitCode)) {
      throw failureOf(args[0] ?? '', result, stderr, options);
    }
    return { exitCode, stdout: result.stdout, stderr };
  }

  /** Runs a command whose input and output are streams. A failure is told by `done`; it never rejects. */
  start(args: readonly string[], options: Pick<GitRunOptions, 'env' | 'deadlineMs' | 'signal'>): GitStream {
    return startProcess(this.options.binary ?? 'git', args, { cwd: this.home, env: this.environment(options), deadlineMs: options.deadlineMs, signal: options.signal });
  }

  /**
   * The same git, trusting exactly these folders whoever owns them, with more settings where given. Only a
   * configuration file reaches git's own children.
   */
  async trusting(directories: readonly string[], more: readonly Setting[] = []): Promise<Git> {
    const sorted = [...new Set(directories)].sort();
    const named = [...sorted, ...more.map((setting) => setting.join(' '))];
    const name = createHash('sha256').update(named.join('\0')).digest('hex').slice(0, 16);
    const configFile = join(this.home, `trusting-${name}.gitconfig`);
    await writeGitConfig(configFile, sorted, more);
    return new Git({ ...this.options, configFile });
  }

  /**
   * @throws AppError GIT_TOO_OLD below 2.38, PART_MISSING where there is none.
   */
  async version(): Promise<string> {
    const { stdout } = await this.run(['version'], { deadlineMs: 10_000 });
    const [version = '', major = '0', minor = '0'] = /(?<!\d)(\d+)\.(\d+)[.\w]*/.exec(stdout.toString('utf8')) ?? [];
    const isOldEnough = Number(major) > OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1]);
    if (!isOldEnough) {
      throw new AppError('GIT_TOO_OLD', `git ${version || 'of unknown version'} is too old: ${OLDEST.join('.')} or newer is needed`);
    }
    return version;
  }

  private environment(options: GitRunOptions): Record<string, string> {
    const { guards = GIT_GUARDS } = this.options;
    const gitDir = guards.repositoryOf(options);
    return {
      PATH: this.options.path ?? DEFAULT_PATH,
      HOME: this.home,
      LC_ALL: 'C',
      TZ: 'UTC',
      GIT_CONFIG_GLOBAL: this.options.configFile,
      GIT_CONFIG_SYSTEM: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_ATTR_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: '/bin/false',
      SSH_ASKPASS: '/bin/false',
      GIT_OPTIONAL_LOCKS: '0',
      GIT_NO_REPLACE_OBJECTS: '1',
      // A partial clone as a source must not fetch from elsewhere, least of all by a command it names.
      GIT_NO_LAZY_FETCH: '1',
      GIT_LITERAL_PATHSPECS: '1',
      GIT_ADVICE: '0',
      GIT_ALLOW_PROTOCOL: options.protocols ?? 'none',
      ...(this.options.sshAuthSock === undefined ? {} : { SSH_AUTH_SOCK: this.options.sshAuthSock }),
      ...(gitDir === undefined ? {} : { GIT_DIR: gitDir }),
      ...(options.workTree === undefined ? {} : { GIT_WORK_TREE: options.workTree }),
      ...configEnvironment(options.config),
      ...options.env,
    };
  }
}

function failureOf(command: string, { exitCode, killed }: ProcessResult, stderr: string, options: GitRunOptions): AppError {
  const details = { command, exitCode, stderr: stderr.slice(-2000) };
  if (killed === 'deadline') {
    return new AppError('GIT_TIMEOUT', `git ${command} was stopped after ${Math.round(options.deadlineMs / 1000)} s`, { details });
  }
  if (killed === 'abort') return new AppError('GIT_TIMEOUT', `git ${command} was stopped`, { details, cause: options.signal?.reason });
  if (killed === 'output') return new AppError('GIT_FAILED', `git ${command} wrote more than was asked for`, { details });
  return new AppError('GIT_FAILED', `git ${command} failed with exit code ${exitCode ?? 'none (killed)'}: ${stderr.slice(-500)}`, { details });
}

export type MakeGitOptions = Omit<GitOptions, 'configFile'> & {
  /** Folder of ours, created 0700; holds the configuration and is git's home. */
  readonly homeDir: string;
  readonly safeDirectories?: readonly string[];
};

/** Writes our configuration file and answers a runner that reads nothing else. */
export async function makeGit({ homeDir, safeDirectories = [], ...options }: MakeGitOptions): Promise<Git> {
  await mkdir(homeDir, { recursive: true, mode: 0o700 });
  const configFile = join(homeDir, 'countersign.gitconfig');
  await writeGitConfig(configFile, safeDirectories);
  return new Git({ ...options, configFile });
}
