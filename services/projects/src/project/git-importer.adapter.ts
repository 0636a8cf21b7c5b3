import { BareRepository, chooseBranch, type Git, importBare, isUrlSource, listSource, makeGit, openSource, type ProcessRunner } from '@countersign/git';

import type { ImportOrder, RepositoryImporterPort } from './repository-importer.port.js';
import { requireAllowedPath } from './source-path.js';

/** Whoever adds a project waits for this, below the deadline of a call. */
const LIST_PATIENCE_MS = 5_000;

export type ImportLimits = { readonly bytes: number; readonly ms: number };

export type GitImporterSettings = {
  readonly homeDir: string;
  readonly runGit: ProcessRunner | undefined;
  readonly repoRoots: readonly string[];
  readonly dataDir: string;
  readonly importLimits: ImportLimits;
  readonly allowPrivateHosts: boolean;
  readonly sshAuthSock?: string;
};

export class GitImporterAdapter implements RepositoryImporterPort {
  private constructor(
    private readonly git: Git,
    private readonly settings: GitImporterSettings,
  ) {}

  static async create(settings: GitImporterSettings): Promise<GitImporterAdapter> {
    const { homeDir, runGit, sshAuthSock } = settings;
    const git = await makeGit({ homeDir, run: runGit, sshAuthSock });
    return new GitImporterAdapter(git, settings);
  }

  async checkSource(source: string, branch?: string): Promise<void> {
    if (!isUrlSource(source)) await requireAllowedPath(source, this.settings);
    const opened = await openSource(this.git, source, this.rules());
    const patience = AbortSignal.timeout(LIST_PATIENCE_MS);
    try {
      chooseBranch(await listSource(opened, patience), branch);
    } catch (error) {
      if (!patience.aborted) throw error;
    }
  }

  async import({ source, bareDir, branch, onProgress, signal }: ImportOrder): Promise<{ readonly branch: string }> {
    const done = await importBare({
      git: this.git,
      source,
      bareDir,
      ...this.rules(),
      ...(branch === undefined ? {} : { branch }),
      limits: this.settings.importLimits,
      onProgress,
      signal,
    });
    return { branch: done.branch };
  }

  async adoptBranch(bareDir: string, branch: string): Promise<boolean> {
    const bare = new BareRepository(this.git, bareDir);
    const ref = `refs/heads/${branch}`;
    if (await bare.resolve(ref)) return true;
    const tip = await bare.resolve(`refs/remotes/source/${branch}`);
    if (tip === undefined) return false;
    // Another call may have been quicker: the branch is there either way.
    return (await bare.updateRefs([{ ref, to: tip, from: null }])) || (await bare.resolve(ref)) !== undefined;
  }

  private rules() {
    const { repoRoots, dataDir, allowPrivateHosts } = this.settings;
    return { roots: repoRoots, dataDir, allowPrivateHosts };
  }
}
