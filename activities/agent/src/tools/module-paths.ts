import { posix } from 'node:path';

/** Deeper than any import climbs, so that a path out of the repository can be reckoned with as well. */
const ROOT = '/_'.repeat(100);
const EXTENSIONS = ['.d.ts', '.ts', '.tsx', '.js', '.jsx', '.json', '.d.mts', '.mts', '.d.cts', '.cts', '.mjs', '.cjs'] as const;
/** What is written for a TypeScript file is the name of what it becomes. */
const SOURCES_OF: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx', '.d.ts'],
  '.jsx': ['.tsx', '.d.ts'],
  '.mjs': ['.mts', '.d.mts'],
  '.cjs': ['.cts', '.d.cts'],
};
/** The compiler takes these for what is written, before the very file. */
const TAKEN_FOR: Readonly<Record<string, readonly string[]>> = { '.d.ts': ['.ts', '.tsx'], '.tsx': ['.ts'] };
/** Found without their extension by everybody who finds anything without it. */
const BARE = ['.d.ts', '.ts', '.tsx', '.js', '.jsx', '.json'];

/** A relative specifier as a place: a name may mean a file or a folder, `..` and `a/` mean a folder. */
export type Specifier = { readonly target: string; readonly isFolder: boolean; /** A closing slash, `?raw` and the like. */ readonly tail: string };

function absolute(path: string): string {
  return path === '' || path === '.' ? ROOT : `${ROOT}/${path}`;
}

/** Relative to the repository; undefined for what lies outside. */
function inRepository(target: string): string | undefined {
  if (target === ROOT) return '';
  return target.startsWith(`${ROOT}/`) ? target.slice(ROOT.length + 1) : undefined;
}

export function folderOf(path: string): string {
  return posix.dirname(path);
}

export function readSpecifier(folder: string, text: string): Specifier {
  const [, plain = '', query = ''] = /^([^?#]*)(.*)/s.exec(text) ?? [];
  const isFolder = /(?:^|\/)\.{0,2}$/.test(plain);
  const target = posix.join(absolute(folder), plain).replace(/\/$/, '');
  return { target, isFolder, tail: `${/[^/]\/$/.test(plain) ? '/' : ''}${query}` };
}

/** The start of a path that is put together at run time: everything that begins so may be meant. */
export function mayMean(folder: string, prefix: string, path: string): boolean {
  const start = inRepository(posix.join(absolute(folder), prefix));
  return start !== undefined && path.startsWith(start);
}

export function writeSpecifier(folder: string, { target, isFolder, tail }: Specifier): string {
  const from = absolute(folder);
  const whole = isFolder || target === ROOT ? posix.relative(from, target) || '.' : posix.join(posix.relative(from, posix.dirname(target)), posix.basename(target));
  const relative = whole === '.' || whole === '..' || whole.startsWith('../') ? whole : `./${whole}`;
  return `${relative}${tail}`;
}

function extensionOf(path: string): string {
  return EXTENSIONS.find((extension) => path.endsWith(extension)) ?? posix.extname(path);
}

function stemOf(path: string): string {
  return path.slice(0, path.length - extensionOf(path).length);
}

/** The files that a specifier can mean: one, none, or several where readers differ. */
export function filesOf(paths: ReadonlySet<string>, { target, isFolder }: Specifier): readonly string[] {
  const path = inRepository(target);
  if (path === undefined) return [];
  const present = (candidates: readonly string[]): readonly string[] => [...new Set(candidates)].filter((candidate) => paths.has(candidate));
  const written = posix.extname(path);
  const sources = [
    ...(SOURCES_OF[written] ?? []).map((extension) => path.slice(0, path.length - written.length) + extension),
    ...(TAKEN_FOR[extensionOf(path)] ?? []).map((extension) => stemOf(path) + extension),
  ];
  const files = isFolder || path === '' ? [] : present([path, ...sources, ...EXTENSIONS.map((extension) => path + extension)]);
  if (files.length > 0) return files;
  const below = path === '' ? '' : `${path}/`;
  // A package.json may send the reader elsewhere.
  return present([`${below}package.json`, ...EXTENSIONS.map((extension) => `${below}index${extension}`)]);
}

/** The extension that was written for a file, where it is not the file's own. */
function writtenExtension(to: string, written: string): string {
  const own = extensionOf(to);
  const fitting = Object.keys(SOURCES_OF).filter((extension) => SOURCES_OF[extension]?.includes(own));
  return fitting.includes(written) ? written : (fitting[0] ?? own);
}

/** The specifier in the same style for a file's new path: with or without extension, `.js` for `.ts`, or by its folder. */
export function movedSpecifier(old: Specifier, from: string, to: string): Specifier {
  const path = inRepository(old.target) ?? '';
  const query = old.tail.replace(/^\//, '');
  const file = (name: string): Specifier => ({ target: absolute(name), isFolder: false, tail: query });
  // What was found without its extension still is where that stays; a new one has to be one that all readers try.
  const isBare = extensionOf(from) === extensionOf(to) || BARE.includes(extensionOf(to));
  const bare = (): Specifier => file(isBare ? stemOf(to) : stemOf(to) + writtenExtension(to, ''));
  if (path === from) return file(to);
  if (path === '' || from.startsWith(`${path}/`)) {
    return isBare && posix.basename(stemOf(to)) === 'index' ? { ...old, target: absolute(folderOf(to)) } : bare();
  }
  return from.startsWith(`${path}.`) ? bare() : file(stemOf(to) + writtenExtension(to, posix.extname(path)));
}
