import { readdir, rm } from 'node:fs/promises';

import type { BareRepository } from './bare-repository.js';
import { bytesOf, rawOf, shown, splitNul, type RawPath } from './git-path.js';
import { WorkTreeScan } from './work-tree-scan.js';

export type Staged = {
  readonly tree: string;
  /** Repositories inside the tree, which are left out. */
  readonly nested: readonly string[];
  /** Devices, pipes, sockets and names git refuses, which are left out. */
  readonly unstorable: readonly string[];
};

export type StageInput = {
  readonly repository: BareRepository;
  readonly dir: string;
  readonly index: string;
  readonly parent: string;
  readonly force: readonly string[];
};

const STAGE_MS = 600_000;
const GITLINK = '160000';

/**
 * Puts the files below a folder into a private index. Instead of `git add -A`, which looks into submodules with the
 * configuration it finds there: every path is looked at here first, and git is handed plain files and links only.
 */
class Stager {
  private readonly scan: WorkTreeScan;
  private readonly nested: RawPath[] = [];
  private readonly unstorable = new Set<RawPath>();

  constructor(private readonly input: StageInput) {
    this.scan = new WorkTreeScan(input.dir);
  }

  async stage(): Promise<Staged> {
    await this.startFromParent();
    const { kept, lost } = await this.sortTracked();
    await this.drop(lost);
    const found = await this.untracked();
    await this.findSpecialFiles();
    const forced = await this.storable(this.input.force.map(rawOf));
    const paths = [...new Set([...kept, ...found, ...forced])];
    await this.run(['update-index', '--add', '--remove', '--replace', '-z', '--stdin'], nulTerminated(paths));
    const tree = (await this.run(['write-tree'])).toString('utf8').trim();
    return { tree, nested: this.nested.map(shown), unstorable: [...this.unstorable].map(shown) };
  }

  private async run(args: readonly string[], stdin?: Uint8Array): Promise<Buffer> {
    const { repository, dir, index } = this.input;
    const options = { workTree: dir, cwd: dir, env: { GIT_INDEX_FILE: index }, deadlineMs: STAGE_MS, maxOutputBytes: 1_000_000_000 };
    return (await repository.run(args, stdin === undefined ? options : { ...options, stdin })).stdout;
  }

  /** The index of the snapshot before spares reading files that did not change since; it must be the parent's. */
  private async startFromParent(): Promise<void> {
    const { repository, index, parent } = this.input;
    // One writer per workspace: a lock can only be left by a process that was killed.
    await rm(`${index}.lock`, { force: true });
    const wanted = await repository.resolve(parent, 'tree');
    const env = { GIT_INDEX_FILE: index };
    const { exitCode, stdout } = await repository.run(['write-tree'], { env, okExitCodes: [0, 128], deadlineMs: STAGE_MS });
    if (exitCode === 0 && stdout.toString('utf8').trim() === wanted) return;
    await rm(index, { force: true });
    await repository.run(['read-tree', parent], { env, deadlineMs: STAGE_MS });
  }

  private async sortTracked(): Promise<{ readonly kept: readonly RawPath[]; readonly lost: readonly RawPath[] }> {
    const kept: RawPath[] = [];
    const lost: RawPath[] = [];
    for (const entry of splitNul(await this.run(['ls-files', '--stage', '-z']))) {
      const path = entry.slice(entry.indexOf('\t') + 1);
      const state = await this.scan.stateOf(path);
      // A submodule stays what it is while its folder is there, whatever lies inside.
      if (state === 'folder' && entry.startsWith(GITLINK)) continue;
      if (state === 'unstorable') this.unstorable.add(path);
      (state === 'storable' ? kept : lost).push(path);
    }
    return { kept, lost };
  }

  private async drop(paths: readonly RawPath[]): Promise<void> {
    if (paths.length === 0) return;
    const zero = '0'.repeat(this.input.parent.length);
    await this.run(['update-index', '-z', '--index-info'], nulTerminated(paths.map((path) => `0 ${zero}\t${path}`)));
  }

  private async untracked(): Promise<readonly RawPath[]> {
    const entries = splitNul(await this.run(['ls-files', '--others', '--exclude-standard', '-z']));
    this.nested.push(...entries.filter((path) => path.endsWith('/')));
    return this.storable(entries.filter((path) => !path.endsWith('/')));
  }

  private async storable(paths: readonly RawPath[]): Promise<readonly RawPath[]> {
    const kept: RawPath[] = [];
    for (const path of paths) {
      const state = await this.scan.stateOf(path);
      if (state === 'storable') kept.push(path);
      if (state === 'unstorable') this.unstorable.add(path);
    }
    return kept;
  }

  /** git says nothing of pipes, sockets and devices. Folders that are ignored as a whole are not looked at. */
  private async findSpecialFiles(): Promise<void> {
    const ignored = splitNul(await this.run(['ls-files', '--others', '--ignored', '--exclude-standard', '--directory', '-z']));
    const skipped = new Set([...ignored, ...this.nested, '.git/']);
    const queue: RawPath[] = [''];
    for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
      const path = Buffer.concat([Buffer.from(`${this.input.dir}/`), bytesOf(folder)]);
      for (const entry of await readdir(path, { withFileTypes: true, encoding: 'buffer' }).catch(() => [])) {
        const below = folder + entry.name.toString('latin1');
        if (entry.isDirectory()) {
          if (!skipped.has(`${below}/`)) queue.push(`${below}/`);
        } else if (!entry.isFile() && !entry.isSymbolicLink()) this.unstorable.add(below);
      }
    }
  }
}

function nulTerminated(paths: readonly RawPath[]): Buffer {
  return bytesOf(paths.map((path) => `${path}\0`).join(''));
}

/** Writes the folder's files as a tree. Nothing may be writing into the folder meanwhile. */
export function stageFolder(input: StageInput): Promise<Staged> {
  return new Stager(input).stage();
}
