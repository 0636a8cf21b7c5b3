import { skippedNotes } from './skipped-notes.js';
import { isLfsPointer, isText } from './text-file.js';
import { ToolRefusal, type TrackedEntry } from './tool-protocol.js';
import type { WorkspaceFiles } from './workspace-files.js';

export type Skipped = { readonly reason: 'binary' | 'large' | 'link' | 'missing'; readonly path: string };
export type TextFile = { readonly path: string; readonly text: string; readonly isPointer: boolean };

const SUBMODULE = '160000';
const LINK = '120000';
const EXECUTABLE = '100755';

/**
 * The tracked files with changes on top that are kept in memory until `flush`, so that planning on a
 * read-only workspace and executing run the very same code.
 */
export class RecipeTree {
  private readonly tracked: ReadonlyMap<string, TrackedEntry>;
  private readonly submodules: readonly string[];
  /** null: deleted. */
  private readonly changes = new Map<string, Buffer | null>();
  /** Deleted at some point: a file added again in its place is a new one, with a new file's mode. */
  private readonly removed = new Set<string>();
  /** Moved here from an executable file. */
  private readonly executables = new Set<string>();
  private readonly unfit = new Map<string, Skipped>();

  constructor(
    private readonly files: WorkspaceFiles,
    entries: readonly TrackedEntry[],
    private readonly maxFileBytes: number,
  ) {
    this.tracked = new Map(entries.map((entry) => [entry.path, entry]));
    this.submodules = entries.filter((entry) => entry.mode === SUBMODULE).map((entry) => entry.path);
  }

  /** Paths of files in order, submodules left out. */
  paths(): readonly string[] {
    const added = [...this.changes].filter(([path, bytes]) => bytes !== null && !this.tracked.has(path));
    const kept = [...this.tracked.values()].filter(({ path, mode }) => mode !== SUBMODULE && this.changes.get(path) !== null);
    return [...kept.map(({ path }) => path), ...added.map(([path]) => path)].sort();
  }

  /** A text file, or why it is left alone. Bytes that hold no `needle` are not decoded: undefined. */
  text(path: string, needle: Buffer): TextFile | Skipped | undefined {
    const changed = this.changes.get(path);
    const known = changed ? undefined : this.unfit.get(path);
    if (known) return known;
    const bytes = changed ?? this.fromDisk(path);
    if (!Buffer.isBuffer(bytes)) {
      this.unfit.set(path, bytes);
      return bytes;
    }
    if (!bytes.includes(needle)) return undefined;
    return { path, text: bytes.toString('utf8'), isPointer: isLfsPointer(bytes) };
  }

  exists(path: string): boolean {
    const changed = this.changes.get(path);
    if (changed !== undefined) return changed !== null;
    return this.tracked.has(path) || this.files.entry(path) !== undefined;
  }

  isTracked(path: string): boolean {
    const changed = this.changes.get(path);
    return changed === undefined ? this.tracked.has(path) : changed !== null;
  }

  /** @throws ToolRefusal where a path lies in a submodule, would stand in place of a folder, or below a file. */
  requireFree(path: string): void {
    this.requireOutsideSubmodules(path);
    const parts = path.split('/');
    for (let length = 1; length < parts.length; length += 1) {
      const folder = parts.slice(0, length).join('/');
      if (this.isTracked(folder)) throw new ToolRefusal('ALREADY_EXISTS', `${path} cannot be added: ${folder} is a file`);
    }
    if (this.exists(path)) throw new ToolRefusal('ALREADY_EXISTS', `${path} exists already`);
    const below = `${path}/`;
    if (this.paths().some((other) => other.startsWith(below))) throw new ToolRefusal('ALREADY_EXISTS', `${path} is a folder`);
  }

  requireOutsideSubmodules(path: string): void {
    const inside = this.submodules.find((submodule) => path === submodule || path.startsWith(`${submodule}/`));
    if (inside !== undefined) throw new ToolRefusal('PLAN_TOUCHES_SUBMODULE', `${path} belongs to the submodule ${inside}, which stays untouched`);
    if (path === '.gitmodules') throw new ToolRefusal('PLAN_TOUCHES_SUBMODULE', '.gitmodules says where submodules come from and stays untouched');
  }

  /** Whether a tracked file is an LFS pointer, whatever it is searched for. */
  isPointer(path: string): boolean {
    const changed = this.changes.get(path);
    const bytes = changed === undefined ? this.fromDisk(path) : changed;
    return Buffer.isBuffer(bytes) && isLfsPointer(bytes);
  }

  write(path: string, text: string): void {
    this.changes.set(path, Buffer.from(text, 'utf8'));
  }

  delete(path: string): void {
    this.changes.set(path, null);
    this.removed.add(path);
    this.executables.delete(path);
  }

  /** The same bytes and mode at another path. @throws ToolRefusal where the file is a link or too large. */
  move(from: string, to: string): void {
    const bytes = this.changes.get(from) ?? this.bytesOnDisk(from, this.maxFileBytes);
    if (!Buffer.isBuffer(bytes)) throw new ToolRefusal('TOOL_FAILED', `${from} cannot be moved: ${skippedNotes([bytes]).join(' ')}`);
    const isExecutable = this.executables.has(from) || (!this.removed.has(from) && this.tracked.get(from)?.mode === EXECUTABLE);
    this.delete(from);
    this.changes.set(to, bytes);
    if (isExecutable) this.executables.add(to);
  }

  /**
   * The text of one file that a recipe names.
   *
   * @throws ToolRefusal where it is not tracked, belongs to a submodule, is a pointer or is no text that fits.
   */
  namedText(path: string, maxBytes = this.maxFileBytes): string {
    this.requireOutsideSubmodules(path);
    if (!this.isTracked(path)) throw new ToolRefusal('NOT_FOUND', `${path} is not a tracked file`);
    const bytes = this.changes.get(path) ?? this.fromDisk(path, maxBytes);
    if (!Buffer.isBuffer(bytes)) throw new ToolRefusal('TOOL_FAILED', `${path} cannot be changed: ${skippedNotes([bytes]).join(' ')}`);
    if (isLfsPointer(bytes)) throw new ToolRefusal('PLAN_TOUCHES_LFS', `${path} is a Git LFS pointer and stays untouched`);
    return bytes.toString('utf8');
  }

  /** Brings the changes to the workspace, deletions first. */
  flush(): void {
    for (const path of this.removed) {
      if (this.files.entry(path)) this.files.remove(path);
    }
    for (const [path, bytes] of this.changes) {
      if (bytes !== null) this.files.write(path, bytes, this.executables.has(path) ? 0o755 : 0o644);
    }
    this.changes.clear();
    this.removed.clear();
    this.executables.clear();
  }

  private fromDisk(path: string, maxBytes = this.maxFileBytes): Buffer | Skipped {
    const bytes = this.bytesOnDisk(path, maxBytes);
    return !Buffer.isBuffer(bytes) || isText(bytes) ? bytes : { reason: 'binary', path };
  }

  private bytesOnDisk(path: string, maxBytes: number): Buffer | Skipped {
    if (this.tracked.get(path)?.mode === LINK) return { reason: 'link', path };
    const entry = this.files.entry(path);
    if (!entry) return { reason: 'missing', path };
    if (!entry.isFile()) return { reason: 'link', path };
    if (entry.size > maxBytes) return { reason: 'large', path };
    return this.files.read(path) ?? { reason: 'missing', path };
  }
}
