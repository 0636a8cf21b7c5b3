import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';

import { bytesOf, isReservedPath, type RawPath } from './git-path.js';

/** What a tracked path has become. */
export type PathState = 'storable' | 'gone' | 'unstorable' | 'folder';

/** Looks at paths below one folder without ever going through a link that stands in for a folder. */
export class WorkTreeScan {
  private readonly folders = new Map<RawPath, Promise<boolean>>();

  constructor(private readonly dir: string) {}

  async stateOf(path: RawPath): Promise<PathState> {
    const slash = path.lastIndexOf('/');
    if (slash >= 0 && !(await this.isFolder(path.slice(0, slash)))) return 'gone';
    const found = await this.lstat(path);
    if (!found) return 'gone';
    if (found.isFile() || found.isSymbolicLink()) return isReservedPath(path) || isForbiddenLink(path, found) ? 'unstorable' : 'storable';
    return found.isDirectory() ? 'folder' : 'unstorable';
  }

  private isFolder(path: RawPath): Promise<boolean> {
    const known = this.folders.get(path);
    if (known) return known;
    const answer = this.lookAtFolder(path);
    this.folders.set(path, answer);
    return answer;
  }

  private async lookAtFolder(path: RawPath): Promise<boolean> {
    const slash = path.lastIndexOf('/');
    if (slash >= 0 && !(await this.isFolder(path.slice(0, slash)))) return false;
    return (await this.lstat(path))?.isDirectory() ?? false;
  }

  private lstat(path: RawPath): Promise<Stats | undefined> {
    return lstat(Buffer.concat([Buffer.from(`${this.dir}/`), bytesOf(path)])).catch(() => undefined);
  }
}

/** git refuses `.gitmodules` as a link, and would refuse the whole snapshot with it. */
function isForbiddenLink(path: RawPath, found: Stats): boolean {
  return found.isSymbolicLink() && /(^|\/)(\.gitmodules|gitmod~\d|gi7eba~\d)[ .]*$/i.test(path);
}
