import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { CliError } from './cli-error.js';
import type { Io } from './io.js';
import { intoWholeFile } from './output-file.js';

const STALE_LOCK_MS = 15_000;
const LOCK_WAIT_MS = 20_000;

/** A file that this command keeps between runs, for its owner alone. */
export class ConfigFile {
  readonly path: string;
  private readonly dir: string;

  constructor(
    name: string,
    private readonly io: Pick<Io, 'env' | 'now' | 'sleep'>,
  ) {
    this.dir = join(io.env['XDG_CONFIG_HOME'] || join(io.env['HOME'] ?? homedir(), '.config'), 'countersign');
    this.path = join(this.dir, name);
  }

  /** Undefined where there is none. */
  async text(): Promise<string | undefined> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new CliError('CONFIG_INVALID', `${this.path} cannot be read`);
    }
  }

  /** A reader sees the old file or the new one, never half of it. */
  async write(text: string): Promise<void> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    await intoWholeFile(this.path, (file) => file.writeFile(text), 0o600);
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }

  /** Runs `work` while no other command works on this file. */
  async locked<Result>(work: () => Promise<Result>): Promise<Result> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    const lock = `${this.path}.lock`;
    const until = this.io.now() + LOCK_WAIT_MS;
    while (!(await this.tryLock(lock))) {
      if (this.io.now() > until) throw new CliError('CONFLICT', `Another command holds ${lock}`);
      await this.io.sleep(50);
    }
    try {
      return await work();
    } finally {
      await rm(lock, { force: true });
    }
  }

  private async tryLock(lock: string): Promise<boolean> {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      return true;
    } catch {
      const age = await stat(lock).then(({ mtimeMs }) => Date.now() - mtimeMs, () => 0);
      // Its command was killed.
      if (age > STALE_LOCK_MS) await rm(lock, { force: true });
      return false;
    }
  }
}
