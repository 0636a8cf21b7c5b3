import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SandboxHarness } from '../src/ports/sandbox.contract.js';
import type { SandboxPort, SandboxSpec } from '../src/ports/sandbox.port.js';

const SANDBOX_USER = 10_001;

export type TestHarness = SandboxHarness & { readonly folder: string };

export function imageOfRun(): string {
  const image = process.env['COUNTERSIGN_SANDBOX_IMAGE'];
  if (!image) throw new Error('COUNTERSIGN_SANDBOX_IMAGE is not set: this suite has to run with the global setup of packages/testing.');
  return image;
}

/** Workspaces of an ordinary account in a folder that it could not reach by path. */
export async function aHarness(image: string, makeAdapter: (folder: string) => SandboxPort): Promise<TestHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-sandbox-'));
  const sandbox = makeAdapter(folder);
  return {
    folder,
    sandbox,
    again: () => makeAdapter(folder),
    aSpec: async (over = {}): Promise<SandboxSpec> => {
      const workspace = join(folder, over.name ?? 'unnamed');
      await mkdir(workspace, { recursive: true });
      if (process.getuid?.() === 0) await chown(workspace, SANDBOX_USER, SANDBOX_USER);
      return {
        name: 'unnamed',
        requestId: 'unnamed',
        image,
        workspace,
        workspaceReadOnly: false,
        mounts: [],
        env: {},
        limits: { memoryMb: 256, cpus: 1, pids: 100, fileMb: 16, tmpMb: 16 },
        ...over,
      };
    },
    close: async () => {
      for (const { requestId } of await sandbox.list()) await sandbox.destroy(requestId);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
