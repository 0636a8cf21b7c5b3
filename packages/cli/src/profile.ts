import { z } from 'zod';

import { CliError, usage } from './cli-error.js';
import { ConfigFile } from './config-file.js';
import type { Io } from './io.js';
import { PINNED_ROOT_FILE } from './pinned-root.js';

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

/** One person's tokens in a file that only its owner can read. */
export class ProfileFile {
  private readonly file: ConfigFile;

  constructor(
    readonly name: string,
    io: Pick<Io, 'env' | 'now' | 'sleep'>,
  ) {
    if (!NAME.test(name)) throw usage('--profile: must be letters, digits, dots, dashes and underscores', 'profile');
    if (`${name}.json` === PINNED_ROOT_FILE) throw usage(`--profile: ${name} is taken: the pinned root key has this name`, 'profile');
    this.file = new ConfigFile(`${name}.json`, io);
  }

  async read(): Promise<Profile | undefined> {
    const text = await this.file.text();
    if (text === undefined) return undefined;
    const parsed = storedProfile.safeParse(safeJson(text));
    if (!parsed.success) throw new CliError('UNAUTHENTICATED', `${this.file.path} cannot be read: sign in again with \`login\``);
    return parsed.data;
  }

  write(profile: Profile): Promise<void> {
    return this.file.write(`${JSON.stringify(profile)}\n`);
  }

  remove(): Promise<void> {
    return this.file.remove();
  }

  /** Runs `work` while no other command of this profile does: a refresh token can be used once. */
  locked<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.file.locked(work);
  }
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
