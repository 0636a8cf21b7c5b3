import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { isCiOrDependencyFile } from '@countersign/domain';
import { digestOf } from '@countersign/domain/digest';
import type { TreeCache } from '@countersign/git';

import { measureUsage } from '../disk-usage.js';
import type { CheckWorkspace } from '../ports/check-workspaces.port.js';
import { viewOf, type DependencyOrder } from './dependency-order.js';
import { hasInstallScript, isInstallerFile, isPureInstall } from './pure-install.js';

export type InstalledStore = Pick<TreeCache, 'find' | 'isWhole' | 'keep' | 'hasRoomFor' | 'drop'>;

/** Of what may be taken over: an installer's work by changes too; any other command's, of which one cannot know what it reads, by the same tree. */
type Kind = 'install' | 'exact';

export type Placed = {
  /** RFC 3339. */
  readonly madeAt: string;
  /** What package managers keep, as that run left it; undefined where it does not matter. */
  readonly cacheFolder: string | undefined;
};

const MAX_MANIFESTS = 500;
const MAX_MANIFEST_BYTES = 1_000_000;
const WORKSPACE = 'workspace';
const CACHE = 'cache';

/** The ignored files that setup left on a base commit. An entry is written by a run on that very commit and by nothing else. */
export class InstalledFiles {
  constructor(private readonly store: InstalledStore) {}

  /** Copies what is kept into a fresh folder that no process writes; undefined where setup has to run. */
  async place(files: CheckWorkspace, order: DependencyOrder): Promise<Placed | undefined> {
    for (const kind of await kindsFor(files, order)) {
      const kept = await this.store.find(order.project.id, await keyOf(files, order, kind));
      if (!kept) continue;
      const placed = await this.copy(files, order, kind, kept.files).catch(async () => {
        await this.store.drop(order.project.id, kept.tree);
        return false as const;
      });
      if (placed !== false && (await this.store.isWhole(kept))) return { madeAt: kept.madeAt, cacheFolder: placed };
      // A part of it may be there.
      await files.checkout(order.folder, order.commit);
    }
    return undefined;
  }

  /**
   * Keeps what a run on the base left. No process may be in the folders. `isAll`: it left nothing anywhere else.
   *
   * @returns whether something is kept.
   */
  async keep(files: CheckWorkspace, order: DependencyOrder, left: { readonly workspace: string; readonly cache: string; readonly isAll: boolean }): Promise<boolean> {
    const kind: Kind = (await isInstall(files, order)) ? 'install' : 'exact';
    if (kind === 'exact' && !left.isAll) return false;
    const sizes = [await measureUsage(left.workspace), ...(kind === 'exact' ? [await measureUsage(left.cache)] : [])];
    if (!sizes.every(({ complete }) => complete) || !(await this.store.hasRoomFor(sizes.reduce((sum, { bytes }) => sum + bytes, 0)))) return false;
    const kept = await this.store
      .keep(order.project.id, await keyOf(files, order, kind), async (into) => {
        await mkdir(join(into, WORKSPACE));
        if (!(await files.keepIgnored(order.folder, order.base, join(into, WORKSPACE)))) throw new NothingToKeep();
        if (kind === 'install') return;
        await mkdir(join(into, CACHE));
        await files.keepFolder(viewOf(order), join(into, CACHE), async () => () => false);
      })
      .catch((error: unknown) => {
        if (error instanceof NothingToKeep) return undefined;
        throw error;
      });
    return kept !== undefined;
  }

  /** The folder for package managers, where it came along; false where a path is taken. */
  private async copy(files: CheckWorkspace, order: DependencyOrder, kind: Kind, from: string): Promise<string | undefined | false> {
    if (!(await files.addIgnored(order.folder, join(from, WORKSPACE)))) return false;
    return kind === 'exact' ? files.placeFolder(viewOf(order), join(from, CACHE)) : undefined;
  }
}

/** Setup changed more than ignored files: its effect is not what can be copied. */
class NothingToKeep extends Error {}

/** What a check of this commit may take over. */
async function kindsFor(files: CheckWorkspace, { base, commit, commands }: DependencyOrder): Promise<readonly Kind[]> {
  if (commands.setup === null) return [];
  const changed = await files.changedPaths(base, commit);
  const isInstallOnly = isPureInstall(commands.setup) && !changed.some((path) => isCiOrDependencyFile(path) || isInstallerFile(path));
  return [...(isInstallOnly ? (['install'] as const) : []), ...(changed.length === 0 ? (['exact'] as const) : [])];
}

/** Whether the command does nothing on this base but install what manifests name. */
async function isInstall(files: CheckWorkspace, { base, commands }: DependencyOrder): Promise<boolean> {
  if (commands.setup === null || !isPureInstall(commands.setup)) return false;
  const manifests = (await files.list(base)).filter(({ path }) => /(^|\/)package\.json$/.test(path));
  if (manifests.length > MAX_MANIFESTS || manifests.some(({ bytes }) => bytes > MAX_MANIFEST_BYTES)) return false;
  for (const { path } of manifests) if (hasInstallScript(String(await files.read(base, path)))) return false;
  return true;
}

async function keyOf(files: CheckWorkspace, { base, commands }: DependencyOrder, kind: Kind): Promise<string> {
  const { image, env, setup, egress } = commands;
  return digestOf({ tree: await files.treeOf(base), image, env, setup, egress, kind });
}
