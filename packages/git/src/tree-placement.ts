import { constants, copyFile, link, mkdir, readdir, readlink, symlink } from 'node:fs/promises';

import { bytesOf, type RawPath } from './git-path.js';
import { isRoot } from './hostile-folder.js';

export type FilePair = { readonly from: Buffer; readonly to: Buffer };

export type PlacementOptions = {
  /** Paths that are left out, with what is below them. */
  readonly skip: (path: RawPath) => boolean;
  /** Files that `linkAll` puts in place later; everything else is copied. */
  readonly shared: (path: RawPath) => boolean;
};

/** As many as Node has threads for files. */
const AT_ONCE = 4;

/**
 * Makes `to` hold what `from` holds, which nobody writes meanwhile. Copies are reflinks where the file system can; modes
 * are kept, links stay links, devices and sockets are left out.
 *
 * @returns the files that were left for `linkAll`.
 */
export async function placeTree(from: string, to: string, { skip, shared }: PlacementOptions): Promise<readonly FilePair[]> {
  const copies: FilePair[] = [];
  const links: FilePair[] = [];
  const queue: RawPath[] = [''];
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    const at = pairOf(from, to, folder);
    if (folder !== '') await mkdir(at.to);
    for (const entry of await readdir(at.from, { withFileTypes: true, encoding: 'buffer' })) {
      const path = `${folder === '' ? '' : `${folder}/`}${entry.name.toString('latin1')}`;
      if (skip(path)) continue;
      const pair = pairOf(from, to, path);
      if (entry.isDirectory()) queue.push(path);
      else if (entry.isSymbolicLink()) await symlink(await readlink(pair.from, { encoding: 'buffer' }), pair.to);
      else if (entry.isFile()) (shared(path) ? links : copies).push(pair);
    }
  }
  await eachOf(copies, ({ from: source, to: target }) => copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE));
  return links;
}

/**
 * A file that root owns can be read and unlinked in the sandbox, not written, whatever else it is named: only such a
 * one may be in two places. The sandbox is never root, but has our own uid where we are not root either.
 */
export function canShareFiles(): boolean {
  return isRoot();
}

/** After everything else, for a change of owner would reach the file in all its places. */
export async function linkAll(pairs: readonly FilePair[]): Promise<void> {
  await eachOf(pairs, ({ from, to }) =>
    // Another file system, or too many links. The copy is root's and readable, like the link.
    link(from, to).catch(() => copyFile(from, to, constants.COPYFILE_EXCL)),
  );
}

async function eachOf(pairs: readonly FilePair[], act: (pair: FilePair) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let pair = pairs[next++]; pair !== undefined; pair = pairs[next++]) await act(pair);
  };
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, lane));
  const failed = ended.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

function pairOf(from: string, to: string, path: RawPath): FilePair {
  return { from: below(from, path), to: below(to, path) };
}

export function below(folder: string, path: RawPath): Buffer {
  return path === '' ? Buffer.from(folder) : Buffer.concat([Buffer.from(`${folder}/`), bytesOf(path)]);
}
