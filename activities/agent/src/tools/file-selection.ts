import { readdirSync } from 'node:fs';

import { globMatcher } from './glob.js';
import type { RecipeTree } from './recipe-tree.js';
import { textsArg, type Args } from './tool-args.js';
import type { TrackedEntry } from './tool-protocol.js';
import type { WorkspaceFiles } from './workspace-files.js';

export type { Args } from './tool-args.js';

export type Workspace = {
  readonly root: string;
  readonly files: WorkspaceFiles;
  readonly tree: RecipeTree;
  readonly tracked: readonly TrackedEntry[];
  readonly maxFileBytes: number;
  readonly searchTimeoutMs: number | undefined;
};

/** Files below the workspace, links not followed, `.git` left out. */
function* walk(root: string, folder = ''): Generator<string> {
  const entries = readdirSync(`${root}/${folder}`, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.toLowerCase() === '.git') continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(root, path);
    else if (entry.isFile()) yield path;
  }
}

/** A path lies within any of the globs, where there are any, and in none that begins with `!`. */
export function globsOf(args: Args): (path: string) => boolean {
  const globs = textsArg(args, 'globs').filter((glob) => glob !== '' && glob !== '!');
  const wanted = globs.filter((glob) => !glob.startsWith('!')).map(globMatcher);
  const unwanted = globs.filter((glob) => glob.startsWith('!')).map((glob) => globMatcher(glob.slice(1)));
  return (path) => (wanted.length === 0 || wanted.some((matches) => matches(path))) && !unwanted.some((matches) => matches(path));
}

const FILE_MODE = /^100/;

/** In order: the tracked files that are there, or every file, those that git ignores and installed packages included. */
export function* filesOf({ root, files, tracked }: Workspace, matches: (path: string) => boolean, ignored: boolean): Generator<string> {
  if (ignored) {
    for (const path of walk(root)) if (matches(path)) yield path;
    return;
  }
  const paths = tracked.filter(({ path, mode }) => FILE_MODE.test(mode) && matches(path)).map(({ path }) => path);
  for (const path of paths.sort()) if (isFile(files, path)) yield path;
}

function isFile(files: WorkspaceFiles, path: string): boolean {
  try {
    return files.entry(path)?.isFile() === true;
  } catch {
    // A folder on the way has become a link: what is behind it is not the tracked file.
    return false;
  }
}

export function isSearchable({ files, maxFileBytes }: Workspace, path: string): boolean {
  const entry = files.entry(path);
  return entry !== undefined && entry.isFile() && entry.size <= maxFileBytes;
}
