import { lchown, mkdir, mkdtemp, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { AppError, type DiffFile } from '@countersign/domain';

import { BareRepository } from './bare-repository.js';
import type { Git } from './git.js';
import { shown, splitNul } from './git-path.js';
import { giveTo, isRoot, removeFolder, replaceContent, unlock, type Owner } from './hostile-folder.js';
import { copyIgnored, isTouchedSince, placeIgnored } from './ignored-files.js';
import { stageFolder, type Staged } from './snapshot.js';
import { replaceFile } from './replace-file.js';
import { fillStage } from './stage-filling.js';
import type { TreeCache } from './tree-cache.js';
import { placeTree } from './tree-placement.js';
import { DIFF_TREE, parseDiffFiles } from './tree-diff.js';
import { inspectChanges, listFiles, type Inspection, type ListedFile } from './tree-inspection.js';

/** Who owns the files in a sandbox where we are root. */
export const WORKSPACE_OWNER: Owner = { uid: 10001, gid: 10001 };
export const AGENT_IDENTITY = { name: 'Countersign', email: 'agent@countersign.invalid' } as const;

const LONG_MS = 600_000;
const MAX_PATCH_BYTES = 1_000_000_000;

export type Snapshot = {
  readonly commit: string;
  readonly tree: string;
  /** False where nothing differs from the parent, which then is the commit. */
  readonly changed: boolean;
  readonly nested: readonly string[];
  readonly unstorable: readonly string[];
};

export type RequestWorkspaceOptions = {
  readonly git: Git;
  /** `workspaceRoot(dataDir, requestId)`. */
  readonly root: string;
  /** The project's bare repository, whose objects are read and never written but by `publish`. */
  readonly bare: string;
  readonly owner?: Owner;
  /** Where trees are kept from one workspace to the next; without it every file is written anew. */
  readonly cache?: TreeCache;
};

export type CheckoutOptions = {
  /** For a folder that the sandbox only reads: its files may be shared, and be root's. */
  readonly readOnly?: boolean;
};

/** @throws AppError INVALID_INPUT where the id is none of ours. */
export function workspaceRoot(dataDir: string, requestId: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(requestId)) throw new AppError('INVALID_INPUT', 'This is not the id of a request', { field: 'requestId' });
  return join(dataDir, 'workspaces', requestId);
}

/**
 * The files of one request, and our own GIT_DIR beside them: `root/git` is out of the sandbox's sight, `root/<name>`
 * is mounted into it and hostile from then on. Links in it are never followed and its `.git` is never read.
 * One writer at a time. While a method runs that takes a `name`, no process of the sandbox may run.
 */
export class RequestWorkspace {
  private readonly repository: BareRepository;

  constructor(private readonly options: RequestWorkspaceOptions) {
    this.repository = new BareRepository(options.git, join(options.root, 'git'));
  }

  /** Makes GIT_DIR and removes what a killed process left. Idempotent. */
  async prepare(): Promise<void> {
    const { git, root, bare } = this.options;
    // Others may pass through to the mounted folder, and see nothing else.
    await mkdir(root, { recursive: true, mode: 0o711 });
    // `review` and `chat` are filled while others prepare: what a killed one left goes with the whole folder.
    const leftovers = (await readdir(root)).filter((name) => /^(stage|trash)-(?!(review|chat)-)/.test(name));
    for (const name of leftovers) await removeFolder(join(root, name));
    const format = await new BareRepository(git, bare).text(['rev-parse', '--show-object-format']);
    await BareRepository.init(git, this.repository.dir, format === 'sha256' ? 'sha256' : 'sha1');
    await replaceFile(join(this.repository.dir, 'objects', 'info', 'alternates'), `${join(bare, 'objects')}\n`);
    // A shallow source's history ends where this file says; without it git looks for parents that are not there.
    const shallow = await readFile(join(bare, 'shallow')).catch(() => undefined);
    if (shallow) await replaceFile(join(this.repository.dir, 'shallow'), shallow);
  }

  /**
   * Makes `root/<name>` hold exactly the tree of a commit (or a tree itself), owned by the sandbox's user, with a
   * throw-away `.git` of one commit. The folder stays the same one where it exists. Idempotent.
   *
   * @returns the folder's path.
   */
  async checkout(name: string, commit: string, { readOnly = false }: CheckoutOptions = {}): Promise<string> {
    const folder = this.folderOf(name);
    const { git, bare, cache } = this.options;
    const tree = await this.treeOf(commit);
    const stage = await mkdtemp(join(this.options.root, `stage-${name}-`));
    const order = { stage, commit, tree, readOnly, cache, owner: this.owner, index: this.indexOf(name) };
    await fillStage({ ...order, repository: this.repository, bare: new BareRepository(git, bare) });
    await replaceContent(folder, stage, `${stage.replace(/stage-(?=[^/]*$)/, 'trash-')}`);
    if (isRoot()) await lchown(folder, this.owner.uid, this.owner.gid);
    return folder;
  }

  /** The same as `checkout`: nothing a hostile process left in the folder survives, ignored files included. */
  async restore(name: string, commit: string): Promise<void> {
    await this.checkout(name, commit);
  }

  /**
   * Commits the folder's files, ignored ones left out but for `force`, with a fixed identity and the date `at`
   * (RFC 3339 UTC): the same files, parent, message and date make the same commit.
   */
  async snapshot(name: string, o: { parent: string; message: string; at: string; force?: readonly string[] }): Promise<Snapshot> {
    const folder = this.folderOf(name);
    await unlock(Buffer.from(folder));
    const parent = await this.commitOf(o.parent);
    const staged = await stageFolder({ repository: this.repository, dir: folder, index: this.indexOf(name), parent, force: o.force ?? [] });
    const changed = staged.tree !== (await this.treeOf(parent));
    const commit = changed ? await this.repository.commit({ tree: staged.tree, parents: [parent], message: o.message, at: o.at, ...AGENT_IDENTITY }) : parent;
    await this.noteLeftOut(commit, staged);
    return { commit, changed, ...staged };
  }

  /** The change as a patch (full ids, binary files included, no renames) and its files. */
  async diff(base: string, head: string): Promise<{ patch: Buffer; files: readonly DiffFile[] }> {
    const limits = { deadlineMs: LONG_MS, maxOutputBytes: MAX_PATCH_BYTES };
    const patch = await this.repository.run([...DIFF_TREE, '-p', '--binary', '--src-prefix=a/', '--dst-prefix=b/', base, head], limits);
    const listed = await this.repository.run([...DIFF_TREE, '-z', '--raw', '--numstat', base, head], limits);
    return { patch: patch.stdout, files: parseDiffFiles(listed.stdout) };
  }

  /** What of a change is dangerous or cannot be shown: only what differs between the two commits is looked at. */
  async inspect(base: string, head: string): Promise<Inspection> {
    const note = await readFile(this.noteOf(await this.commitOf(head)), 'utf8').catch(() => '{}');
    const { nested = [], unstorable = [] } = JSON.parse(note) as Partial<Staged>;
    return { ...(await inspectChanges(this.repository, base, head)), nested, devices: unstorable };
  }

  read(commit: string, path: string): Promise<Buffer | undefined> {
    return this.repository.readFile(commit, path, MAX_PATCH_BYTES);
  }

  list(commit: string): Promise<readonly ListedFile[]> {
    return listFiles(this.repository, commit);
  }

  /** Whether the commit is here or in the bare repository. */
  async has(commit: string): Promise<boolean> {
    return (await this.repository.resolve(commit)) !== undefined;
  }

  /** Paths that differ between two commits or trees. */
  async changedPaths(base: string, head: string): Promise<readonly string[]> {
    const { stdout } = await this.repository.run([...DIFF_TREE, '-z', '--name-only', base, head], { deadlineMs: LONG_MS, maxOutputBytes: MAX_PATCH_BYTES });
    return splitNul(stdout).map(shown);
  }

  /** Copies the ignored files of a folder that otherwise is `parent`'s; false, and nothing, where it is not. */
  async keepIgnored(name: string, parent: string, into: string): Promise<boolean> {
    const dir = this.folderOf(name);
    await unlock(Buffer.from(dir));
    return copyIgnored({ repository: this.repository, dir, index: this.indexOf(name), parent: await this.commitOf(parent), force: [] }, into);
  }

  /** Puts copies of what `keepIgnored` copied into a folder; false, and nothing, where a path is taken. */
  async addIgnored(name: string, from: string): Promise<boolean> {
    const paths = await placeIgnored(from, this.folderOf(name), this.owner);
    // A change that stops ignoring them does not bring them in.
    if (paths) await replaceFile(join(this.repository.dir, 'info', 'exclude'), paths.map((path) => `/${path.replace(/[\\*?[\]!# \n]/g, '\\$&')}\n`).join(''));
    return paths !== undefined;
  }

  /**
   * Makes `root/<name>` hold copies of what is in `from`, or nothing, as the sandbox's user's own: a folder beside a
   * checkout, for one sandbox to write into.
   *
   * @returns the folder's path.
   */
  async placeFolder(name: string, from: string | undefined): Promise<string> {
    const folder = this.folderOf(name);
    const stage = await mkdtemp(join(this.options.root, `stage-${name}-`));
    if (from !== undefined) await placeTree(from, stage, { skip: () => false, shared: () => false });
    await giveTo(stage, this.owner);
    await replaceContent(folder, stage, stage.replace(/stage-(?=[^/]*$)/, 'trash-'));
    if (isRoot()) await lchown(folder, this.owner.uid, this.owner.gid);
    return folder;
  }

  /** Copies files, folders and links of such a folder; `chosen` is asked, once everything is readable, which paths are left out. */
  async keepFolder(name: string, into: string, chosen: (folder: string) => Promise<(path: string) => boolean>): Promise<void> {
    const folder = this.folderOf(name);
    await unlock(Buffer.from(folder));
    await placeTree(folder, into, { skip: await chosen(folder), shared: () => false });
  }

  /** Removes one folder; none is success. */
  dropFolder(name: string): Promise<void> {
    return removeFolder(this.folderOf(name));
  }

  /**
   * Whether the throw-away `.git` of a checkout was written to since then, but for the index, which any look at it refreshes.
   * The time is the kernel's own; nobody inside can set it.
   */
  gitTouchedSince(name: string, sinceMs: number): Promise<boolean> {
    return isTouchedSince(join(this.folderOf(name), '.git'), sinceMs);
  }

  async treeOf(commit: string): Promise<string> {
    return required(await this.repository.resolve(commit, 'tree'), commit);
  }

  isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    return this.repository.isAncestor(ancestor, descendant);
  }

  /**
   * Pushes a commit to a ref of the bare repository, which must be `expected` (null: not exist) at that moment.
   *
   * @returns false where it is something else; nothing is written then.
   */
  async publish(commit: string, ref: string, expected: string | null): Promise<boolean> {
    const { git, bare } = this.options;
    const target = new BareRepository(git, bare);
    await this.repository.run(['push', '--quiet', '--no-verify', '--porcelain', `--force-with-lease=${ref}:${expected ?? ''}`, '--', bare, `${commit}:${ref}`], {
      protocols: 'file',
      okExitCodes: [0, 1],
      deadlineMs: LONG_MS,
    });
    const now = await target.resolve(ref);
    if (now === commit) return true;
    if ((now ?? null) !== expected) return false;
    throw new AppError('GIT_FAILED', `git refused to take ${commit.slice(0, 12)} into ${ref}`);
  }

  /** Removes everything; none left is success. */
  destroy(): Promise<void> {
    return removeFolder(this.options.root);
  }

  private get owner(): Owner {
    return this.options.owner ?? WORKSPACE_OWNER;
  }

  private folderOf(name: string): string {
    if (!/^[a-z0-9][a-z0-9-]{0,40}$/.test(name) || name === 'git' || /^(stage|trash)-/.test(name)) {
      throw new AppError('INVALID_INPUT', 'This is not the name of a workspace folder', { field: 'name' });
    }
    return join(this.options.root, name);
  }

  private indexOf(name: string): string {
    return join(this.repository.dir, `index.${name}`);
  }

  private noteOf(commit: string): string {
    return join(this.repository.dir, 'left-out', `${commit}.json`);
  }

  private async noteLeftOut(commit: string, { nested, unstorable }: Staged): Promise<void> {
    await mkdir(join(this.repository.dir, 'left-out'), { recursive: true });
    await replaceFile(this.noteOf(commit), JSON.stringify({ nested, unstorable }));
  }

  private async commitOf(name: string): Promise<string> {
    return required(await this.repository.resolve(name), name);
  }
}

function required(found: string | undefined, name: string): string {
  if (found === undefined) throw new AppError('NOT_FOUND', `The repository has no commit ${name}`);
  return found;
}
