import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { removeCgroup } from './cgroup-tree.js';
import { isAlive, killed, processRef, type ProcessRef } from './process-table.js';

const KILL_MS = 10_000;
const SUFFIX = '.json';

/** One sandbox that was opened. `leader` is the first process of its pid namespace: with it, all end. */
export type SandboxEntry = {
  readonly name: string;
  readonly requestId: string;
  /** Of the `open` that made it: another token is another attempt's. */
  readonly token: string;
  /** The worker; its end is the end of the sandbox. */
  readonly owner: ProcessRef;
  readonly leader?: ProcessRef;
  readonly cgroups: readonly string[];
};

/**
 * What this installation has open, as files that every worker of it sees. Names are those that a specification may have, so
 * they are file names.
 */
export class SandboxRegistry {
  constructor(private readonly folder: string) {}

  /** Takes the name over: whatever an earlier attempt runs is dead afterwards. */
  async claim(name: string, requestId: string): Promise<SandboxEntry> {
    const earlier = await this.#read(name);
    const owner = await processRef(process.pid);
    const entry: SandboxEntry = { name, requestId, token: randomUUID(), owner: owner ?? { pid: process.pid, startTime: 0 }, cgroups: [] };
    // First the claim: who is being started for the earlier one finds itself replaced.
    await this.#write(entry);
    if (earlier) await end(earlier);
    return entry;
  }

  /** False where another attempt has taken the name, or it was destroyed. */
  async holds({ name, token }: SandboxEntry): Promise<boolean> {
    return (await this.#read(name))?.token === token;
  }

  /** Notes what runs now; false where the entry is no longer the caller's. */
  async update(entry: SandboxEntry): Promise<boolean> {
    if (!(await this.holds(entry))) return false;
    await this.#write(entry);
    return true;
  }

  async list(): Promise<readonly SandboxEntry[]> {
    const names = await readdir(this.folder).catch(() => [] as string[]);
    const entries = await Promise.all(names.filter((name) => name.endsWith(SUFFIX)).map((name) => this.#read(name.slice(0, -SUFFIX.length))));
    const live: SandboxEntry[] = [];
    for (const entry of entries) {
      if (!entry) continue;
      const { owner, leader } = entry;
      if ((await isAlive(owner)) || (leader && (await isAlive(leader)))) live.push(entry);
      else await this.remove(entry);
    }
    return live;
  }

  /** Kills what runs, and forgets it unless another attempt has it by now. */
  async remove(entry: SandboxEntry): Promise<void> {
    const current = await this.#read(entry.name);
    if (current?.token === entry.token) await rm(this.#path(entry.name), { force: true });
    await end(current?.token === entry.token ? current : entry);
  }

  /** Ends what an entry still runs, and keeps the entry. */
  async clear(entry: SandboxEntry): Promise<void> {
    await end(entry);
  }

  #path(name: string): string {
    return join(this.folder, `${name}${SUFFIX}`);
  }

  async #read(name: string): Promise<SandboxEntry | undefined> {
    try {
      return JSON.parse(await readFile(this.#path(name), 'utf8')) as SandboxEntry;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #write(entry: SandboxEntry): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const temporary = `${this.#path(entry.name)}.${randomUUID()}`;
    await writeFile(temporary, JSON.stringify(entry), { mode: 0o600 });
    await rename(temporary, this.#path(entry.name));
  }
}

async function end({ leader, cgroups }: SandboxEntry): Promise<void> {
  if (leader) await killed(leader, KILL_MS);
  await removeCgroup(cgroups, KILL_MS);
}
