import { constants, copyFile, lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { bytesOf, isUtf8Path, shown, splitNul } from './git-path.js';
import { giveTo, type Owner } from './hostile-folder.js';
import { stageFolder, type StageInput } from './snapshot.js';
import { placeTree } from './tree-placement.js';

const LIST = 'paths.json';
const MAX_PATHS = 1000;
const LIST_MS = 600_000;

/**
 * Copies what git ignores out of a folder that holds its parent's tree and nothing else that git would store.
 *
 * @returns false, with nothing copied, where the folder holds other changes, or names that are not text.
 */
export async function copyIgnored(input: StageInput, into: string): Promise<boolean> {
  const { repository, dir, index, parent } = input;
  const { tree, nested, unstorable } = await stageFolder(input);
  if (tree !== (await repository.resolve(parent, 'tree')) || nested.length + unstorable.length > 0) return false;
  const options = { workTree: dir, cwd: dir, env: { GIT_INDEX_FILE: index }, deadlineMs: LIST_MS, maxOutputBytes: 100_000_000 };
  const list = async (...kinds: string[]) => splitNul((await repository.run(['ls-files', '--others', ...kinds, '--exclude-standard', '--directory', '-z'], options)).stdout);
  // With the same tree, what else is there and not ignored are folders without files.
  const all = new Set([...(await list('--ignored')), ...(await list())].map((path) => path.replace(/\/$/, '')));
  const listed = [...all].filter((path) => !foldersOf(path).some((folder) => all.has(folder)));
  if (listed.length > MAX_PATHS || !listed.every((path) => isUtf8Path(path) && !path.includes('\n'))) return false;
  const paths = listed.map(shown);
  for (const [at, path] of paths.entries()) await copyOne(join(dir, path), join(into, String(at)));
  await writeFile(join(into, LIST), JSON.stringify(paths));
  return true;
}

/**
 * Puts copies of those files into a folder that nobody else writes now, each where nothing is yet.
 *
 * @returns the paths; undefined, with nothing placed, where something is in the way: a commit may have put a link there.
 */
export async function placeIgnored(from: string, folder: string, owner: Owner): Promise<readonly string[] | undefined> {
  const paths = JSON.parse(await readFile(join(from, LIST), 'utf8')) as readonly string[];
  for (const path of paths) if (!(await isFree(folder, path))) return undefined;
  for (const [at, path] of paths.entries()) {
    await copyOne(join(from, String(at)), join(folder, path));
    await giveTo(join(folder, path), owner);
  }
  return paths;
}

function foldersOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Whether anything below a throw-away `.git` but its index was made or changed. */
export async function isTouchedSince(gitDir: string, sinceMs: number): Promise<boolean> {
  for (const entry of await readdir(gitDir, { withFileTypes: true, recursive: true })) {
    if (entry.name === 'index' && entry.parentPath === gitDir) continue;
    if ((await lstat(join(entry.parentPath, entry.name))).ctimeMs >= sinceMs) return true;
  }
  return false;
}

/** Every folder above is a real one, and nothing has the name. */
async function isFree(folder: string, path: string): Promise<boolean> {
  const parts = path.split('/');
  for (let depth = 1; depth < parts.length; depth += 1) {
    const found = await lstat(join(folder, ...parts.slice(0, depth))).catch(() => undefined);
    if (!found?.isDirectory()) return false;
  }
  return (await lstat(join(folder, path)).catch(() => undefined)) === undefined;
}

/** Folders, files and links, links as links; of modes only what a plain file has. */
async function copyOne(from: string, to: string): Promise<void> {
  const found = await lstat(from);
  if (found.isSymbolicLink()) await symlink(await readlink(from, { encoding: 'buffer' }), bytesOf(Buffer.from(to).toString('latin1')));
  else if (found.isFile()) await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  else if (found.isDirectory()) {
    await mkdir(to, { mode: 0o755 });
    await placeTree(from, to, { skip: () => false, shared: () => false });
  }
}
