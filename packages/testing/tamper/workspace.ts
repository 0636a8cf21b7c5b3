import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { waitFor } from '../src/index.js';
import type { Entry, Project, World } from './world.js';

/** What an attacker puts somewhere; a result that holds it was tampered with. */
export const EVIL = { path: 'evil.txt', text: 'evil\n' } as const;

/** A git directory of the installation, written to by somebody who is not Countersign. */
export class ForeignGit {
  constructor(private readonly dir: string) {}

  run(args: readonly string[], { input = '', index }: { readonly input?: string; readonly index?: string } = {}): string {
    const person = ['-c', 'user.name=Mallory', '-c', 'user.email=mallory@example.org', '-c', 'safe.directory=*'];
    const env = { PATH: process.env['PATH'] ?? '', HOME: this.dir, GIT_CONFIG_NOSYSTEM: '1', GIT_DIR: this.dir, ...(index !== undefined && { GIT_INDEX_FILE: index }) };
    return execFileSync('git', [...person, ...args], { cwd: this.dir, env, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] }).trim();
  }

  /** A commit on `parent` whose tree is that of `from` and one file more. */
  withFile(parent: string, { path, text }: { readonly path: string; readonly text: string } = EVIL, from = parent): string {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-foreign-'));
    const index = join(folder, 'index');
    try {
      this.run(['read-tree', from], { index });
      const blob = this.run(['hash-object', '-w', '--stdin'], { input: text });
      this.run(['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`], { index });
      return this.run(['commit-tree', '-p', parent, '-m', 'Mine', this.run(['write-tree'], { index })]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Undefined where there is none. */
  resolve(name: string): string | undefined {
    const found = this.run(['for-each-ref', '--format=%(objectname)', name]);
    return found === '' ? undefined : found;
  }

  paths(commit: string): readonly string[] {
    return this.run(['ls-tree', '-r', '--name-only', commit]).split('\n');
  }

  isAncestor(ancestor: string, of: string): boolean {
    return this.run(['merge-base', ancestor, of]) === ancestor;
  }
}

export function bareOf({ bare }: Pick<Project, 'bare'>): ForeignGit {
  return new ForeignGit(bare);
}

export function branchOf(id: string): string {
  return `refs/heads/countersign/${id}`;
}

/** The entry of the gate that opened again because of the code, the `nth` such of the request, awaited. */
export async function reopened(world: World, id: string, gate: string, code: string, nth = 1): Promise<Entry> {
  let found: readonly Entry[] = [];
  await waitFor(
    async () => {
      const entries = await world.entries(id);
      found = entries.filter(({ type, payload }) => type === 'gate-opened' && String(payload['text']).startsWith(`The ${gate} gate opened`) && String(payload['text']).includes(code));
      return found.length >= nth;
    },
    60_000,
    () => `the ${gate} gate of ${id} did not open again for ${code}\n${world.app.output().slice(-3000)}`,
  );
  return found[nth - 1] as Entry;
}
