import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { AppError } from '@countersign/domain';

import { NO_ATTRIBUTES } from './git-config.js';
import { shown, splitNul } from './git-path.js';
import type { Git, GitResult, GitRunOptions } from './git.js';
import { replaceFile } from './replace-file.js';

export type MergeTreeResult =
  | { readonly kind: 'clean'; readonly tree: string }
  | { readonly kind: 'conflict'; readonly conflicts: readonly { readonly path: string; readonly message: string }[] };

export type CommitDraft = {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly name: string;
  readonly email: string;
  /** RFC 3339 UTC; author's and committer's date. */
  readonly at: string;
};

/** `null` as old value: must not exist; as new value: is deleted; no old value: whatever it is now. */
export type RefUpdate = { readonly ref: string; readonly to: string | null; readonly from?: string | null };

const RUN_MS = 60_000;
/** Our ref updates last milliseconds: a lock this old was left by a process that was killed. */
const STALE_LOCK_MS = 60_000;

/** A line that git shows as it is: no control character, no angle bracket, never empty. */
function identity(name: string): string {
  const clean = name.replace(/[\p{Cc}\p{Cf}<>]/gu, ' ').replace(/\s+/g, ' ').trim();
  return clean === '' ? 'unnamed' : clean;
}

/** Text that stays text: line ends as `\n`, no NUL, which git refuses, and nothing that a terminal obeys. */
function plainText(message: string): string {
  return message.replace(/\r\n?/g, '\n').replace(/[^\P{Cc}\n\t]/gu, ' ');
}

/** One bare repository of ours: objects and refs, no work tree. Reads and writes nothing outside it. */
export class BareRepository {
  constructor(
    readonly git: Git,
    readonly dir: string,
  ) {}

  /** Makes an empty one, or completes what a killed process began. */
  static async init(git: Git, dir: string, format: 'sha1' | 'sha256', branch = 'main'): Promise<BareRepository> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await git.run(['init', '--bare', '--quiet', '--template=', `--object-format=${format}`, `--initial-branch=${branch}`, dir], { deadlineMs: RUN_MS });
    await mkdir(join(dir, 'info'), { recursive: true });
    await replaceFile(join(dir, 'info', 'attributes'), NO_ATTRIBUTES);
    return new BareRepository(git, dir);
  }

  run(args: readonly string[], options: Partial<GitRunOptions> = {}): Promise<GitResult> {
    return this.git.run(args, { gitDir: this.dir, deadlineMs: RUN_MS, ...options });
  }

  async text(args: readonly string[], options: Partial<GitRunOptions> = {}): Promise<string> {
    return (await this.run(args, options)).stdout.toString('utf8').trimEnd();
  }

  /** The object a full ref or id names, peeled to `type`; undefined where there is none. */
  async resolve(name: string, type: 'commit' | 'tree' | 'object' = 'commit'): Promise<string | undefined> {
    const suffix = type === 'object' ? '' : `^{${type}}`;
    const { exitCode, stdout } = await this.run(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}${suffix}`], { okExitCodes: [0, 1, 128] });
    const id = stdout.toString('utf8').trim();
    return exitCode === 0 && id !== '' ? id : undefined;
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    return (await this.run(['merge-base', '--is-ancestor', ancestor, descendant], { okExitCodes: [0, 1] })).exitCode === 0;
  }

  /** Refs below a prefix, by full name. */
  async refs(prefix: string): Promise<readonly { readonly ref: string; readonly object: string }[]> {
    const text = await this.text(['for-each-ref', '--format=%(objectname) %(refname)', prefix]);
    return text.split('\n').filter(Boolean).map((line) => ({ object: line.slice(0, line.indexOf(' ')), ref: line.slice(line.indexOf(' ') + 1) }));
  }

  async writeBlob(content: Uint8Array | string): Promise<string> {
    return this.text(['hash-object', '-w', '--no-filters', '--stdin'], { stdin: content });
  }

  /** A tree of these files; `/` in a name makes folders. Starts from `from`, where given. */
  async writeTree(files: Readonly<Record<string, Uint8Array | string>>, from?: string): Promise<string> {
    const index = join(this.dir, `index.${process.pid}.${Math.random().toString(36).slice(2)}`);
    const env = { GIT_INDEX_FILE: index };
    try {
      if (from !== undefined) await this.run(['read-tree', from], { env });
      const entries = await Promise.all(Object.entries(files).map(async ([path, content]) => `100644 ${await this.writeBlob(content)}\t${path}\0`));
      await this.run(['update-index', '--add', '-z', '--index-info'], { env, stdin: entries.join('') });
      return await this.text(['write-tree'], { env });
    } finally {
      await rm(index, { force: true });
    }
  }

  /** Every path of a commit or tree. */
  async paths(commit: string): Promise<readonly string[]> {
    const { stdout } = await this.run(['ls-tree', '-r', '-z', '--full-tree', '--name-only', commit], { maxOutputBytes: 1_000_000_000 });
    return splitNul(stdout).map(shown);
  }

  /** Content of a file in a commit; undefined where the commit has no such file. */
  async readFile(commit: string, path: string, maxBytes?: number): Promise<Buffer | undefined> {
    const listed = await this.run(['ls-tree', '-z', '--full-tree', commit, '--', path]);
    const [, type, object] = /^\d+ (\w+) ([0-9a-f]+)\t/.exec(listed.stdout.toString('latin1')) ?? [];
    if (type !== 'blob' || object === undefined) return undefined;
    return (await this.run(['cat-file', 'blob', object], maxBytes === undefined ? {} : { maxOutputBytes: maxBytes })).stdout;
  }

  /** The same draft makes the same object id, however often. The message travels by stdin. */
  async commit({ tree, parents, message, name, email, at }: CommitDraft): Promise<string> {
    const date = `${Math.floor(Date.parse(at) / 1000)} +0000`;
    const person = (role: string): [string, string][] => [
      [`GIT_${role}_NAME`, identity(name)],
      [`GIT_${role}_EMAIL`, identity(email)],
      [`GIT_${role}_DATE`, date],
    ];
    const env = Object.fromEntries([...person('AUTHOR'), ...person('COMMITTER')]);
    return this.text(['commit-tree', ...parents.flatMap((parent) => ['-p', parent]), '-F', '-', tree], { env, stdin: plainText(message) });
  }

  /** Merges two commits without a work tree; writes objects, moves no ref. The same two make the same tree. */
  async mergeTree(ours: string, theirs: string): Promise<MergeTreeResult> {
    const args = ['merge-tree', '--write-tree', '--allow-unrelated-histories', '-z', '--name-only', '--messages', ours, theirs];
    const { exitCode, stdout } = await this.run(args, { okExitCodes: [0, 1], deadlineMs: 5 * RUN_MS });
    const [tree = '', ...rest] = stdout.toString('utf8').split('\0');
    if (exitCode === 0) return { kind: 'clean', tree };
    const end = rest.indexOf('');
    return { kind: 'conflict', conflicts: conflictsOf(rest.slice(0, end < 0 ? rest.length : end), end < 0 ? [] : rest.slice(end + 1)) };
  }

  /**
   * All or none of the updates, each compared with its old value.
   *
   * @returns false where a ref was not what `from` says; nothing is changed then.
   * @throws AppError GIT_FAILED where git failed although every ref is as expected.
   */
  async updateRefs(updates: readonly RefUpdate[]): Promise<boolean> {
    const commands = updates.map(({ ref, to, from }) => {
      if (to === null) return `delete ${ref}\0${from ?? ''}\0`;
      // All zeros says that the ref must not exist.
      return `update ${ref}\0${to}\0${from === null ? '0'.repeat(to.length) : (from ?? '')}\0`;
    });
    for (let attempt = 1; ; attempt += 1) {
      const { exitCode, stderr } = await this.run(['update-ref', '--no-deref', '-z', '--stdin'], { stdin: commands.join(''), okExitCodes: [0, 1, 128] });
      if (exitCode === 0) return true;
      if (!(await this.isExpected(updates))) return false;
      if (attempt >= 3) throw new AppError('GIT_FAILED', `git update-ref failed with exit code ${exitCode}: ${stderr.slice(-500)}`, { details: { stderr } });
      await this.removeStaleLocks(updates);
    }
  }

  private async isExpected(updates: readonly RefUpdate[]): Promise<boolean> {
    for (const { ref, from } of updates) {
      if (from !== undefined && ((await this.resolve(ref, 'object')) ?? null) !== from) return false;
    }
    return true;
  }

  private async removeStaleLocks(updates: readonly RefUpdate[]): Promise<void> {
    for (const name of ['packed-refs', 'HEAD', ...updates.map(({ ref }) => ref)]) {
      const lock = join(this.dir, `${name}.lock`);
      const found = await stat(lock).catch(() => undefined);
      if (found && Date.now() - found.mtimeMs > STALE_LOCK_MS) await rm(lock, { force: true });
    }
  }

  /** Bytes of the object store on disk. */
  async bytes(): Promise<number> {
    return bytesBelow(join(this.dir, 'objects'));
  }
}

function conflictsOf(paths: readonly string[], messages: readonly string[]): readonly { path: string; message: string }[] {
  const said = new Map<string, string>();
  // Each message: number of paths, the paths, a stable kind, the text.
  for (let at = 0; at < messages.length && messages[at] !== ''; ) {
    const count = Number(messages[at]);
    const named = messages.slice(at + 1, at + 1 + count);
    const kind = messages[at + 1 + count] ?? '';
    const text = (messages[at + 2 + count] ?? '').trim();
    if (kind.startsWith('CONFLICT')) for (const path of named) said.set(path, said.get(path) ?? text);
    at += count + 3;
  }
  return [...new Set(paths)].map((path) => ({ path, message: said.get(path) ?? `Both sides changed ${path}` }));
}

async function bytesBelow(dir: string): Promise<number> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) bytes += await bytesBelow(path);
    else bytes += (await stat(path).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}
