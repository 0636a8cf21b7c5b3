import { chmod } from 'node:fs/promises';
import { join } from 'node:path';

import type { IdentityDatabase } from './identity-database.js';
import { hashPassword, makePassword, matchesPassword } from './passwords.js';
import { readJson, writePrivateJson } from './private-file.js';

export type SamplePerson = {
  /** Sign-in name and the token's subject. */
  readonly subject: string;
  readonly name: string;
};

/** One for each role, named for it. Their roles themselves are bindings of services/projects. */
export const SAMPLE_PEOPLE: readonly SamplePerson[] = [
  { subject: 'admin', name: 'Sample admin' },
  { subject: 'maintainer', name: 'Sample maintainer' },
  { subject: 'reviewer', name: 'Sample reviewer' },
  { subject: 'observer', name: 'Sample observer' },
];

type PasswordFile = Record<string, string>;

/** The sample people and their passwords: hashes in Postgres, the words themselves in a 0600 file for the user. */
export class SamplePeople {
  /** Compared with for a name that nobody has, so that the answer takes as long. */
  private readonly decoy = hashPassword(makePassword());

  constructor(
    private readonly database: IdentityDatabase,
    private readonly people: readonly SamplePerson[],
    dataDir: string,
  ) {
    this.file = join(dataDir, 'sample-people.json');
  }

  readonly file: string;

  get list(): readonly SamplePerson[] {
    return this.people;
  }

  find(subject: string): SamplePerson | undefined {
    return this.people.find((person) => person.subject === subject);
  }

  /**
   * Makes what is missing: a person without a password in the file gets a new one, and a database that knows no hash
   * takes the file's. The file is written first, so that no password is ever in force that nobody can read.
   *
   * @returns the passwords made now, to be shown once.
   */
  async ensurePasswords(): Promise<Readonly<Record<string, string>>> {
    const kept = (await readJson<PasswordFile>(this.file)) ?? {};
    const made = Object.fromEntries(
      this.people.filter(({ subject }) => !kept[subject]).map(({ subject }) => [subject, makePassword()]),
    );
    if (Object.keys(made).length > 0) await writePrivateJson(this.file, { ...kept, ...made });
    else await chmod(this.file, 0o600);

    const stored = await this.database.query<{ person: string }>('SELECT person FROM person_password');
    const known = new Set(stored.map(({ person }) => person));
    for (const { subject } of this.people) {
      const password = made[subject] ?? (known.has(subject) ? undefined : kept[subject]);
      if (password !== undefined) await this.store(subject, password);
    }
    return made;
  }

  async authenticate(subject: string, password: string): Promise<SamplePerson | undefined> {
    const person = this.find(subject);
    const rows = await this.database.query<{ hash: string }>('SELECT hash FROM person_password WHERE person = $1', [
      subject,
    ]);
    const matches = await matchesPassword(password, rows[0]?.hash ?? (await this.decoy));
    return matches && rows[0] ? person : undefined;
  }

  private async store(subject: string, password: string): Promise<void> {
    await this.database.query(
      `INSERT INTO person_password (person, hash) VALUES ($1, $2)
       ON CONFLICT (person) DO UPDATE SET hash = excluded.hash, made_at = now()`,
      [subject, await hashPassword(password)],
    );
  }
}
