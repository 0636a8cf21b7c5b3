import { join } from 'node:path';

import { BareRepository } from './bare-repository.js';

const PACK_MS = 600_000;
const MADE_AT = '2000-01-01T00:00:00Z';

/**
 * Gives a fresh folder a repository of its own with one commit of the tree, so that tools in a sandbox which ask
 * git find one. It shares nothing with ours that can be written, and nothing outside the sandbox reads it. Objects of
 * the tree `have` are left out: the folder gets their pack from elsewhere.
 */
export async function addThrowAwayRepository(from: BareRepository, folder: string, tree: string, have?: string): Promise<void> {
  const commit = await firstCommit(from, tree);
  const gitDir = join(folder, '.git');
  const format = commit.length === 64 ? 'sha256' : 'sha1';
  await from.git.run(['init', '--quiet', '--template=', `--object-format=${format}`, '--initial-branch=main', folder], { deadlineMs: PACK_MS });
  const pack = ['pack-objects', '--revs', '--quiet', '--window=0', join(gitDir, 'objects', 'pack', 'pack')];
  const without = have === undefined ? '' : `^${await firstCommit(from, have)}\n`;
  await from.run(pack, { stdin: `${commit}\n${without}`, deadlineMs: PACK_MS });
  const own = new BareRepository(from.git, gitDir);
  const env = { GIT_ALTERNATE_OBJECT_DIRECTORIES: join(from.dir, 'objects') };
  await own.run(['update-ref', 'refs/heads/main', commit], { env });
  await own.run(['read-tree', commit], { env, deadlineMs: PACK_MS });
}

function firstCommit(from: BareRepository, tree: string): Promise<string> {
  return from.commit({ tree, parents: [], message: 'The state this workspace began with\n', name: 'Countersign', email: 'agent@countersign.invalid', at: MADE_AT });
}
