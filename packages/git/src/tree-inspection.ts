import type { BareRepository } from './bare-repository.js';
import { isUtf8Path, shown, splitNul } from './git-path.js';
import { DIFF_TREE, parseRawChanges, type RawChange } from './tree-diff.js';

/** DESIGN.md section 4: a larger file in a result is a check failure. */
export const MAX_RESULT_FILE_BYTES = 10 * 1024 * 1024;

const GITLINK = '160000';
const SYMLINK = '120000';
const MAX_TARGET_BYTES = 65_536;

export type Inspection = {
  /** Submodules that were added, changed or removed, and the file that describes them. */
  readonly gitlinks: readonly string[];
  readonly nonUtf8: readonly string[];
  readonly oversized: readonly { readonly path: string; readonly bytes: number }[];
  readonly symlinks: readonly { readonly path: string; readonly target: string }[];
  /** Devices, pipes, sockets and reserved names that the last snapshot left out. */
  readonly devices: readonly string[];
  /** Repositories inside the tree that the last snapshot left out. */
  readonly nested: readonly string[];
};

export type ListedFile = { readonly path: string; readonly mode: string; readonly bytes: number };

async function sizesOf(repository: BareRepository, objects: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (objects.length === 0) return new Map();
  const text = await repository.text(['cat-file', '--batch-check=%(objectname) %(objectsize)'], { stdin: `${objects.join('\n')}\n` });
  return new Map(text.split('\n').map((line) => [line.slice(0, line.indexOf(' ')), Number(line.slice(line.indexOf(' ') + 1))]));
}

async function targetOf(repository: BareRepository, { path, newObject }: RawChange): Promise<{ path: string; target: string }> {
  const { stdout } = await repository.run(['cat-file', 'blob', newObject], { maxOutputBytes: MAX_TARGET_BYTES });
  return { path: shown(path), target: shown(stdout.toString('latin1')) };
}

export async function inspectChanges(repository: BareRepository, base: string, head: string): Promise<Omit<Inspection, 'devices' | 'nested'>> {
  const { stdout } = await repository.run([...DIFF_TREE, '-z', '--raw', base, head], { maxOutputBytes: 1_000_000_000 });
  const { changes } = parseRawChanges(stdout);
  const files = changes.filter(({ status, newMode }) => status !== 'D' && newMode !== GITLINK);
  const sizes = await sizesOf(repository, files.map(({ newObject }) => newObject));
  const large = files.filter(({ newObject }) => (sizes.get(newObject) ?? 0) > MAX_RESULT_FILE_BYTES);
  const largeObjects = new Set(large.map(({ newObject }) => newObject));
  const symlinks = [];
  for (const change of files.filter(({ newMode, newObject }) => newMode === SYMLINK && !largeObjects.has(newObject))) {
    symlinks.push(await targetOf(repository, change));
  }
  return {
    gitlinks: changes.filter(({ oldMode, newMode, path }) => oldMode === GITLINK || newMode === GITLINK || path === '.gitmodules').map(({ path }) => shown(path)),
    nonUtf8: files.filter(({ path }) => !isUtf8Path(path)).map(({ path }) => shown(path)),
    oversized: large.map(({ path, newObject }) => ({ path: shown(path), bytes: sizes.get(newObject) ?? 0 })),
    symlinks,
  };
}

/** Every file of a commit with its mode; a submodule has no bytes. */
export async function listFiles(repository: BareRepository, commit: string): Promise<readonly ListedFile[]> {
  const { stdout } = await repository.run(['ls-tree', '-r', '-l', '-z', '--full-tree', commit], { maxOutputBytes: 1_000_000_000 });
  return splitNul(stdout).map((entry) => {
    const tab = entry.indexOf('\t');
    const [mode = '', , , bytes = ''] = entry.slice(0, tab).split(/ +/);
    return { path: shown(entry.slice(tab + 1)), mode, bytes: Number.parseInt(bytes, 10) || 0 };
  });
}
