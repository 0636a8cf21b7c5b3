import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { z } from 'zod';

import { CliError, usage } from './cli-error.js';
import type { Io } from './io.js';

const storedProfile = z.object({
  issuer: z.string(),
  subject: z.string(),
  tenant: z.string().nullable(),
  roles: z.array(z.string()),
  accessToken: z.string(),
  refreshToken: z.string().nullable(),
  /** How they were got, and so how they are refreshed. */
  signIn: z.enum(['operator', 'device']).default('operator'),
  clientId: z.string().default('cli'),
  /** Milliseconds since 1970. */
  expiresAt: z.number(),
});
export type Profile = z.infer<typeof storedProfile>;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const STALE_LOCK_MS = 15_000;
const LOCK_WAIT_MS = 20_000;

/** One person's tokens in a file that only its owner can read. */
export class ProfileFile {
  readonly path: string;
  private readonly dir: string;

  constructor(
    readonly name: string,
    private readonly io: Pick<Io, 'env' | 'now' | 'sleep'>,
  ) {
    if (!NAME.test(name)) throw usage('--profile: must be letters, digits, dots, dashes and underscores', 'profile');
    this.dir = join(io.env['XDG_CONFIG_HOME'] || join(io.env['HOME'] ?? homedir(), '.config'), 'countersign');
    this.path = join(this.dir, `${name}.json`);
  }

  async read(): Promise<Profile | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch {
      return undefined;
    }
    const parsed = storedProfile.safeParse(safeJson(text));
    if (!parsed.success) throw new CliError('UNAUTHENTICATED', `${this.path} cannot be read: sign in again with \`login\``);
    return parsed.data;
  }

  /** A reader sees the old file or the new one, never half of it. */
  async write(profile: Profile): Promise<void> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    const draft = `${this.path}.${randomUUID()}`;
    await writeFile(draft, `${JSON.stringify(profile)}\n`, { mode: 0o600, flag: 'wx' });
    await chmod(draft, 0o600);
    await rename(draft, this.path);
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }

  /** Runs `work` while no other command of this profile does: a refresh token can be used once. */
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

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
