import { isCiOrDependencyFile, type Project } from '@countersign/domain';
import { digestOf } from '@countersign/domain/digest';
import type { TreeCache } from '@countersign/git';

import type { CheckCommands } from '../checks/check-commands.js';
import { measureUsage } from '../disk-usage.js';
import type { CheckWorkspace } from '../ports/check-workspaces.port.js';
import { hasInstallScript, isInstallerFile, isPureInstall } from './pure-install.js';

export type DependencyOrder = {
  readonly project: Pick<Project, 'id'>;
  /** Name of the workspace folder. */
  readonly folder: string;
  readonly base: string;
  /** What is checked: the base itself, a change of it, or a tree. */
  readonly commit: string;
  readonly commands: CheckCommands;
};

const MAX_MANIFESTS = 500;
const MAX_MANIFEST_BYTES = 1_000_000;

/**
 * What the setup command installed on a base commit. An entry is written by a run on that very commit and by nothing else;
 * a check gets a copy of its own, which goes with its workspace.
 */
export class DependencyCache {
  constructor(private readonly cache: Pick<TreeCache, 'find' | 'isWhole' | 'keep' | 'hasRoomFor'>) {}

  /**
   * Copies what is kept into a fresh folder that no process writes.
   *
   * @returns when it was installed; undefined where setup has to run.
   */
  async place(files: CheckWorkspace, order: DependencyOrder): Promise<string | undefined> {
    const { project, folder, base, commit, commands } = order;
    if (commands.setup === null || !isPureInstall(commands.setup)) return undefined;
    const kept = await this.cache.find(project.id, await keyOf(files, order));
    if (!kept || (await files.changedPaths(base, commit)).some((path) => isCiOrDependencyFile(path) || isInstallerFile(path))) return undefined;
    const isPlaced = await files.addIgnored(folder, kept.files).catch(() => false);
    if (isPlaced && (await this.cache.isWhole(kept))) return kept.madeAt;
    // A part of it may be there.
    await files.checkout(folder, commit);
    return undefined;
  }

  /** Whether what setup installs now is to be kept: then no process may be in the folder when `keep` is called. */
  async wants(files: CheckWorkspace, { commit, base, commands }: DependencyOrder): Promise<boolean> {
    if (commit !== base || commands.setup === null || !isPureInstall(commands.setup)) return false;
    const manifests = (await files.list(base)).filter(({ path }) => /(^|\/)package\.json$/.test(path));
    if (manifests.length > MAX_MANIFESTS || manifests.some(({ bytes }) => bytes > MAX_MANIFEST_BYTES)) return false;
    for (const { path } of manifests) if (hasInstallScript(String(await files.read(base, path)))) return false;
    return true;
  }

  /** @returns whether something is kept. */
  async keep(files: CheckWorkspace, order: DependencyOrder, workspace: string): Promise<boolean> {
    const key = await keyOf(files, order);
    const { bytes, complete } = await measureUsage(workspace);
    if (!complete || !(await this.cache.hasRoomFor(bytes))) return false;
    const kept = await this.cache.keep(order.project.id, key, async (into) => {
      if (!(await files.keepIgnored(order.folder, order.base, into))) throw new NothingToKeep();
    }).catch((error: unknown) => {
      if (error instanceof NothingToKeep) return undefined;
      throw error;
    });
    return kept !== undefined;
  }
}

/** Setup changed more than ignored files: its effect is not what can be copied. */
class NothingToKeep extends Error {}

async function keyOf(files: CheckWorkspace, { base, commands }: DependencyOrder): Promise<string> {
  const { image, env, setup, egress } = commands;
  return digestOf({ tree: await files.treeOf(base), image, env, setup, egress });
}
