import type { Place } from './identifier-places.js';
import { importPlaces, type ImportPlace } from './import-places.js';
import { filesOf, folderOf, mayMean, movedSpecifier, readSpecifier, writeSpecifier } from './module-paths.js';
import { lineOf } from './text-file.js';

export type Move = {
  readonly from: string;
  readonly to: string;
  /** The paths of files without and with the move. */
  readonly before: ReadonlySet<string>;
  readonly after: ReadonlySet<string>;
  /** What the last part of an import of the file is, without extension. */
  readonly name: string;
  /** Whether the project gives modules other names than relative paths. */
  readonly hasAliases: boolean;
};

type Edit = Place & { readonly text: string };
export type FileMove = {
  readonly path: string;
  readonly edits: readonly Edit[];
  readonly result: string;
  /** Places, with the reason, where what an import means cannot be kept with certainty. */
  readonly unclear: readonly string[];
  readonly left: readonly string[];
  readonly aliased: readonly string[];
  readonly hasSyntaxErrors: boolean;
};

type Verdict = { readonly kind: 'kept' | 'left' | 'aliased' } | { readonly kind: 'edit'; readonly text: string } | { readonly kind: 'unclear'; readonly why: string };
const KEPT: Verdict = { kind: 'kept' };

const RELATIVE = /^\.{1,2}(?:[/?#]|$)/;
const RELATIVE_TEXTS = /(['"`])(\.{1,2}(?:\/[^'"`\r\n]*)?)/g;
/** Within quotes these would mean something else, or nothing. */
const UNWRITABLE = /["'`\\?#%\p{Cc}\u2028\u2029]|\$\{/u;

type File = { readonly folder: string; readonly newFolder: string };

function fileOf({ from, to }: Move, path: string): File {
  return { folder: folderOf(path), newFolder: folderOf(path === from ? to : path) };
}

function verdictOnImport(move: Move, { folder, newFolder }: File, text: string): Verdict {
  const old = readSpecifier(folder, text);
  const meant = filesOf(move.before, old);
  const isHit = meant.includes(move.from);
  if (isHit && meant.length > 1) return { kind: 'unclear', why: `can mean ${meant.join(' or ')}` };
  const next = isHit ? writeSpecifier(newFolder, movedSpecifier(old, move.from, move.to)) : folder === newFolder ? text : writeSpecifier(newFolder, old);
  if (next !== text && UNWRITABLE.test(next.replace(/[?#].*/s, ''))) return { kind: 'unclear', why: 'has characters that an import cannot hold' };
  const expected = isHit ? [move.to] : meant;
  const reached = filesOf(move.after, readSpecifier(newFolder, next));
  const isKept = reached.length === expected.length && reached.every((path) => expected.includes(path));
  if (meant.length > 0 && !isKept) return { kind: 'unclear', why: `would be ${JSON.stringify(next)} and mean ${reached.join(' or ') || 'nothing'}` };
  return next === text ? KEPT : { kind: 'edit', text: next };
}

function verdict(move: Move, file: File, { kind, text }: ImportPlace): Verdict {
  const isElsewhere = file.folder !== file.newFolder;
  if (!RELATIVE.test(text)) {
    const tail = text.replace(/\.[a-z]+$/, '').split('/').slice(-2).join('/');
    const isLikely = move.hasAliases || (tail.includes('/') && `/${move.from}`.includes(`/${tail}`));
    return kind === 'import' && isLikely ? { kind: 'aliased' } : KEPT;
  }
  switch (kind) {
    case 'import':
      return verdictOnImport(move, file, text);
    case 'built':
      return isElsewhere || mayMean(file.folder, text, move.from) ? { kind: 'unclear', why: 'is put together at run time' } : KEPT;
    case 'other': {
      const meant = filesOf(move.before, readSpecifier(file.folder, text));
      return meant.includes(move.from) || (isElsewhere && meant.length > 0) ? { kind: 'left' } : KEPT;
    }
  }
}

/** Cheap, and never false where it matters: whether a text in quotes could lead to the file's old or new path. */
export function mayTouch(move: Move, path: string, text: string): boolean {
  const folder = folderOf(path);
  return [...text.matchAll(RELATIVE_TEXTS)].some(([, , relative = '']) => {
    const [start = ''] = relative.split(/[?#\\]|\$\{/);
    const stem = start.replace(/(?<=[^./])(?:\.d)?\.[^./]*$/, '').replace(/\/$/, '');
    return mayMean(folder, stem, move.from) || mayMean(folder, stem, move.to);
  });
}

/** Whether a file that is no code holds a relative path to the file in quotes, as a component or a manifest does. */
export function relativeTextsIn(move: Move, path: string, text: string): boolean {
  const folder = folderOf(path);
  return [...text.matchAll(RELATIVE_TEXTS)].some(([, , relative = '']) => filesOf(move.before, readSpecifier(folder, relative)).includes(move.from));
}

function spliced(text: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const edit of edits) {
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

/** What the move asks of one file of code; undefined where it has nothing to do with it. */
export function moveInFile(move: Move, path: string, text: string): FileMove | undefined {
  if (path !== move.from && !text.includes(`/${move.name}`) && !mayTouch(move, path, text)) return undefined;
  const { places, hasSyntaxErrors } = importPlaces(path, text, move.name);
  const file = fileOf(move, path);
  const judged = places.map((place) => ({ place, found: verdict(move, file, place) }));
  const spelled = ({ start, text: specifier }: ImportPlace): string => `${path}:${lineOf(text, start)} ${JSON.stringify(specifier)}`;
  const of = (kind: Verdict['kind']): readonly string[] => judged.flatMap(({ place, found }) => (found.kind === kind ? [spelled(place)] : []));
  const edits = judged.flatMap(({ place, found }) => (found.kind === 'edit' ? [{ start: place.start, end: place.end, text: found.text }] : []));
  const unclear = judged.flatMap(({ place, found }) => (found.kind === 'unclear' ? [`${spelled(place)} ${found.why}`] : []));
  return { path, edits, result: spliced(text, edits), unclear, left: of('left'), aliased: of('aliased'), hasSyntaxErrors };
}
