import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { RequestWorkspace, workspaceRoot, type Git, type TreeCache } from '@countersign/git';

import type { CheckWorkspaces } from '../ports/check-workspaces.port.js';

export type DiskWorkspacesOptions = { readonly git: Git; readonly dataDir: string; readonly cache?: TreeCache };

/** Request folders below `dataDir/workspaces`. */
export function diskWorkspaces({ git, dataDir, cache }: DiskWorkspacesOptions): CheckWorkspaces {
  const list = (): Promise<readonly string[]> =>
    readdir(join(dataDir, 'workspaces')).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
  const open = (requestId: string, bare: string): RequestWorkspace => new RequestWorkspace({ git, root: workspaceRoot(dataDir, requestId), bare, ...(cache && { cache }) });
  return {
    open,
    list,
    destroy: async (requestId) => {
      const wasThere = (await list()).includes(requestId);
      // Removal reads nothing of the bare repository.
      if (wasThere) await open(requestId, '').destroy();
      return wasThere;
    },
  };
}
