import type { SandboxCache, SandboxSession } from '@countersign/sandbox';

import type { CheckWorkspace } from '../ports/check-workspaces.port.js';
import { viewOf, type DependencyOrder } from './dependency-order.js';
import { DownloadCache, type DownloadStore } from './download-cache.js';
import { downloadVariables } from './download-places.js';
import { InstalledFiles, type InstalledStore } from './installed-files.js';
import { leftNothing, tracesIn } from './left-behind.js';

export type Prepared = {
  /** When setup was run for what is in the folder now; undefined where it has to run. */
  readonly installedAt: string | undefined;
  /** For the sandbox; undefined where the project has no setup. */
  readonly cache: SandboxCache | undefined;
};

/** A run of setup whose effects are to be kept. */
export type SetupWatch = {
  /**
   * Once setup has succeeded, before anything else runs. The sandbox is held meanwhile and goes on. What cannot be kept is not.
   *
   * @throws AppError SANDBOX_UNAVAILABLE.
   */
  keep(): Promise<void>;
};

/** What is kept between requests of a project of what its setup command did, so that it is skipped, or has less to fetch. */
export class DependencyCache {
  private readonly installed: InstalledFiles;
  private readonly downloads: DownloadCache;

  constructor(store: InstalledStore & DownloadStore) {
    this.installed = new InstalledFiles(store);
    this.downloads = new DownloadCache(store);
  }

  /** Copies what is kept into a fresh folder, and into one beside it, while no process writes to either. */
  async prepare(files: CheckWorkspace, order: DependencyOrder): Promise<Prepared> {
    if (order.commands.setup === null) return { installedAt: undefined, cache: undefined };
    const installed = await this.installed.place(files, order);
    const folder = installed?.cacheFolder ?? (await this.downloads.place(files, order));
    const yarnrc = (await files.read(order.base, '.yarnrc.yml')) !== undefined;
    return { installedAt: installed?.madeAt, cache: { folder, env: downloadVariables({ yarnrc }) } };
  }

  /** Looks at a sandbox before setup runs in it; undefined where nothing of the run may be kept: only a base commit's is. */
  async watch(files: CheckWorkspace, order: DependencyOrder, at: { readonly session: SandboxSession; readonly workspace: string; readonly cache: SandboxCache | undefined }): Promise<SetupWatch | undefined> {
    const { session, workspace, cache } = at;
    if (order.commit !== order.base || !cache) return undefined;
    const startedMs = Date.now();
    const before = await tracesIn(session);
    return {
      keep: async () => {
        const after = await tracesIn(session);
        const kept = session.whilePaused(async () => {
          const isAll = leftNothing(before, after) && !(await files.gitTouchedSince(order.folder, startedMs));
          await this.downloads.keep(files, order, cache.folder);
          await this.installed.keep(files, order, { workspace, cache: cache.folder, isAll });
        });
        // A check does not fail for what only the next one gains by.
        await kept.catch(() => undefined);
      },
    };
  }

  /** Throws away what was written beside the folder. */
  async discard(files: CheckWorkspace, order: Pick<DependencyOrder, 'folder'>): Promise<void> {
    await files.dropFolder(viewOf(order));
  }
}
