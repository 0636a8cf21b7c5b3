import { constants, lstatSync, mkdirSync, openSync, closeSync, readFileSync, realpathSync, unlinkSync, writeFileSync, type Stats } from 'node:fs';
import { dirname, join, sep } from 'node:path';

import { ToolRefusal } from './tool-protocol.js';

/** No path of ours: stands for a link that leads nowhere. */
const DANGLING = '';
const NOT_FOUND = ['ENOENT', 'ENOTDIR'];

/** The system's code of an error of the file system; undefined for any other. */
export function fileErrorCode(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

function isMissing(error: unknown): boolean {
  return NOT_FOUND.includes(fileErrorCode(error) ?? '');
}

/** @throws ToolRefusal for anything but a relative path with plain parts outside `.git`. */
export function requireRepoPath(path: unknown): string {
  if (typeof path !== 'string' || path === '' || path.length > 4096) throw new ToolRefusal('INVALID_INPUT', 'A path of 1 to 4096 characters is needed');
  if (!path.isWellFormed() || path.includes('\0')) throw new ToolRefusal('INVALID_INPUT', 'The path is not valid text');
  const parts = path.split('/');
  if (path.startsWith('/') || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new ToolRefusal('PATH_OUTSIDE_WORKSPACE', `${path} must be relative to the repository, without empty, . or .. parts`);
  }
  if (parts.some((part) => part.toLowerCase() === '.git')) throw new ToolRefusal('PATH_OUTSIDE_WORKSPACE', `${path} lies inside .git`);
  return path;
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

/**
 * The workspace by checked paths. Nothing is ever read or written through a symbolic link: a folder on
 * the way that is one is refused, and so is a last part that is one.
 */
export class WorkspaceFiles {
  private readonly root: string;
  private readonly checkedFolders = new Set<string>();

  constructor(root: string) {
    this.root = realpathSync(root);
  }

  /** The entry at a path, links not followed; undefined where there is none. */
  entry(path: string): Stats | undefined {
    const absolute = this.locate(path);
    try {
      return lstatSync(absolute);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Bytes of a regular file; undefined where there is none. */
  read(path: string): Buffer | undefined {
    const entry = this.entry(path);
    if (!entry) return undefined;
    this.requireRegular(path, entry);
    const handle = openSync(this.locate(path), constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      return readFileSync(handle);
    } finally {
      closeSync(handle);
    }
  }

  /** Writes in place, so that a file keeps its mode; `mode` is for a new one. Folders on the way are made. */
  write(path: string, bytes: Uint8Array, mode = 0o644): void {
    const entry = this.entry(path);
    if (entry) this.requireRegular(path, entry);
    const absolute = this.locate(path);
    mkdirSync(dirname(absolute), { recursive: true });
    this.locate(path);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
    const handle = openSync(absolute, flags, mode);
    try {
      writeFileSync(handle, bytes);
    } finally {
      closeSync(handle);
    }
  }

  /** Removes a file or the link itself. */
  remove(path: string): void {
    const entry = this.entry(path);
    if (!entry) throw new ToolRefusal('NOT_FOUND', `${path} does not exist`);
    if (entry.isDirectory()) throw new ToolRefusal('TOOL_FAILED', `${path} is a folder`);
    unlinkSync(this.locate(path));
  }

  private requireRegular(path: string, entry: Stats): void {
    if (entry.isSymbolicLink()) throw new ToolRefusal('PATH_OUTSIDE_WORKSPACE', `${path} is a symbolic link, which is not followed`);
    if (!entry.isFile()) throw new ToolRefusal('TOOL_FAILED', `${path} is not a regular file`);
  }

  private locate(path: string): string {
    requireRepoPath(path);
    const absolute = join(this.root, path);
    const folder = dirname(absolute);
    if (!this.checkedFolders.has(folder)) this.checkFolder(path, folder);
    return absolute;
  }

  private checkFolder(path: string, folder: string): void {
    const real = this.realFolder(folder);
    if (real === undefined) return;
    if (real !== folder) throw new ToolRefusal('PATH_OUTSIDE_WORKSPACE', `${path} goes through a symbolic link`);
    this.checkedFolders.add(folder);
  }

  /** The real path where the folder exists; where it does not, that of its nearest parent is checked instead. */
  private realFolder(folder: string): string | undefined {
    try {
      return realpathSync(folder);
    } catch (error) {
      if (!isMissing(error)) throw error;
      if (isLink(folder)) return DANGLING;
      const parent = dirname(folder);
      if (folder === this.root || !parent.startsWith(this.root)) return undefined;
      const real = this.realFolder(parent);
      // A parent that is elsewhere makes this folder's real path differ as well.
      return real === undefined || real === parent ? undefined : real + folder.slice(parent.length).replaceAll('/', sep);
    }
  }
}
