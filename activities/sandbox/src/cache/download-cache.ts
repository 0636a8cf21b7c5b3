import { digestOf } from '@countersign/domain/digest';
import type { KeptTree, TreeCache } from '@countersign/git';

import { measureUsage } from '../disk-usage.js';
import type { CheckWorkspace } from '../ports/check-workspaces.port.js';
import { viewOf, type DependencyOrder } from './dependency-order.js';
import { leftOutOf } from './download-places.js';

export type DownloadStore = Pick<TreeCache, 'find' | 'isWhole' | 'keep' | 'hasRoomFor' | 'trees' | 'drop' | 'maxEntryBytes'>;

/**
 * What package managers downloaded while setup ran on base commits of a project: one entry for each image, environment and
 * network. Every run of setup gets a copy, whose writes go with it; only a run on a base commit makes the next entry.
 */
export class DownloadCache {
  constructor(private readonly store: DownloadStore) {}

  /** Fills the folder for one sandbox; with nothing where nothing is kept or what is kept is damaged. */
  async place(files: CheckWorkspace, order: DependencyOrder): Promise<string> {
    const kept = await this.latest(order);
    // What nobody needs any more leaves with an entry that has grown large.
    const isOutgrown = kept !== undefined && order.commit === order.base && kept.bytes > this.store.maxEntryBytes / 2 && kept.tree !== (await nameOf(files, order));
    if (!kept || isOutgrown) return files.placeFolder(viewOf(order), undefined);
    const folder = await files.placeFolder(viewOf(order), kept.files).catch(async () => this.store.drop(placeOf(order), kept.tree));
    return folder !== undefined && (await this.store.isWhole(kept)) ? folder : files.placeFolder(viewOf(order), undefined);
  }

  /** Makes what such a folder holds now the entry. No process may be in it. */
  async keep(files: CheckWorkspace, order: DependencyOrder, folder: string): Promise<void> {
    const place = placeOf(order);
    const name = await nameOf(files, order);
    if (await this.store.find(place, name)) return;
    const { bytes, complete } = await measureUsage(folder);
    if (!complete || !(await this.store.hasRoomFor(bytes))) return;
    const made = await this.store.keep(place, name, (into) => files.keepFolder(viewOf(order), into, leftOutOf));
    if (!made) return;
    for (const earlier of await this.store.trees(place)) if (earlier !== name) await this.store.drop(place, earlier);
  }

  private async latest(order: DependencyOrder): Promise<KeptTree | undefined> {
    const place = placeOf(order);
    for (const name of await this.store.trees(place)) {
      const kept = await this.store.find(place, name);
      if (kept) return kept;
    }
    return undefined;
  }
}

function placeOf({ project, commands: { image, env, egress } }: DependencyOrder): string {
  return `downloads:${project.id}:${digestOf({ image, env, egress })}`;
}

/** Of the run that made it. */
async function nameOf(files: CheckWorkspace, { base, commands: { setup } }: DependencyOrder): Promise<string> {
  return digestOf({ tree: await files.treeOf(base), setup });
}
