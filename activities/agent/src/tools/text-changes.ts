import { globMatcher } from './glob.js';
import { identifierPlaces, isJavaScriptOrTypeScript, type Place } from './identifier-places.js';
import type { RecipeTree, Skipped, TextFile } from './recipe-tree.js';
import { lineOf } from './text-file.js';
import { ToolRefusal, type ChangedFile } from './tool-protocol.js';
import { skippedNotes, someOf } from './skipped-notes.js';

export type Changes = { readonly files: readonly ChangedFile[]; readonly notes: readonly string[] };

/** What the plan schema holds for one step. */
const MAX_FILES = 20_000;
const MAX_PLACES_SHOWN = 20;

/** Binding names that no JavaScript or TypeScript module may have. */
const RESERVED = new Set(
  ('await break case catch class const continue debugger default delete do else enum export extends false finally for function if ' +
    'import in instanceof new null return super switch this throw true try typeof var void while with yield let static implements ' +
    'interface package private protected public').split(' '),
);

type Found = { readonly file: TextFile; readonly places: readonly Place[] };
type Search = { readonly found: readonly Found[]; readonly skipped: readonly Skipped[]; readonly broken: readonly string[]; readonly searched: number };

function searchTree(tree: RecipeTree, glob: string | null, needle: string, find: (file: TextFile) => { places: readonly Place[]; hasSyntaxErrors: boolean }): Search {
  const matches = glob === null ? (): boolean => true : globMatcher(glob);
  const bytes = Buffer.from(needle, 'utf8');
  const found: Found[] = [];
  const skipped: Skipped[] = [];
  const broken: string[] = [];
  const paths = tree.paths().filter((path) => matches(path));
  for (const path of paths) {
    const file = tree.text(path, bytes);
    if (!file) continue;
    if ('reason' in file) {
      skipped.push(file);
      continue;
    }
    const { places, hasSyntaxErrors } = find(file);
    if (places.length === 0) continue;
    found.push({ file, places });
    if (hasSyntaxErrors) broken.push(path);
  }
  return { found, skipped, broken, searched: paths.length };
}

function requireSome({ found, searched, skipped }: Search, what: string, glob: string | null): void {
  if (found.length > MAX_FILES) throw new ToolRefusal('TOOL_FAILED', `${what} would touch ${found.length} files; one step may touch ${MAX_FILES}`);
  if (found.length > 0) return;
  const where = glob === null ? `the ${searched} tracked files` : `the ${searched} tracked files in ${glob}`;
  const left = skipped.length > 0 ? `, ${skipped.length} of them not searched (${skippedNotes(skipped).join(' ')})` : '';
  throw new ToolRefusal('NOTHING_TO_CHANGE', `${what} was not found in ${where}${left}`);
}

/** Submodules and LFS pointers are never changed: a recipe that would is refused. */
function requireOwn(tree: RecipeTree, found: readonly Found[]): void {
  for (const { file } of found) {
    tree.requireOutsideSubmodules(file.path);
    if (file.isPointer) throw new ToolRefusal('PLAN_TOUCHES_LFS', `${file.path} is a Git LFS pointer and stays untouched; leave it out with "in <glob>"`);
  }
}

function spliced(text: string, places: readonly Place[], replacement: string): string {
  let result = '';
  let at = 0;
  for (const { start, end } of places) {
    result += text.slice(at, start) + replacement;
    at = end;
  }
  return result + text.slice(at);
}

function apply(tree: RecipeTree, search: Search, replacement: string): Changes {
  requireOwn(tree, search.found);
  for (const { file, places } of search.found) tree.write(file.path, spliced(file.text, places, replacement));
  const files = search.found.map(({ file, places }) => ({ path: file.path, change: 'edit' as const, places: places.length }));
  const broken = search.broken.length > 0 ? [`Syntax that the parser does not know in ${someOf(search.broken)}: check the result there.`] : [];
  return { files, notes: [...skippedNotes(search.skipped), ...broken] };
}

function requireUntaken(found: readonly Found[], to: string): void {
  const inCode = found.find(({ file }) => isJavaScriptOrTypeScript(file.path));
  if (inCode && RESERVED.has(to)) {
    throw new ToolRefusal('RENAME_TARGET_TAKEN', `${to} is a word of the language itself (first needed in ${inCode.file.path})`);
  }
  const taken = found.flatMap(({ file: { path, text } }) => identifierPlaces(path, text, to).places.map(({ start }) => `${path}:${lineOf(text, start)}`));
  if (taken.length === 0) return;
  const places = [...new Set(taken)];
  const shown = places.slice(0, MAX_PLACES_SHOWN).join(', ');
  const more = places.length > MAX_PLACES_SHOWN ? ` and ${places.length - MAX_PLACES_SHOWN} more` : '';
  throw new ToolRefusal('RENAME_TARGET_TAKEN', `${to} is already used in files that the rename touches: ${shown}${more}`);
}

export function renameIdentifier(tree: RecipeTree, recipe: { readonly from: string; readonly to: string; readonly glob: string | null }): Changes {
  const { from, to, glob } = recipe;
  const search = searchTree(tree, glob, from, ({ path, text }) => identifierPlaces(path, text, from));
  requireSome(search, `The identifier ${from}`, glob);
  requireUntaken(search.found, to);
  return apply(tree, search, to);
}

function occurrences(text: string, search: string): readonly Place[] {
  const places: Place[] = [];
  for (let at = text.indexOf(search); at >= 0; at = text.indexOf(search, at + search.length)) places.push({ start: at, end: at + search.length });
  return places;
}

export function replaceText(tree: RecipeTree, recipe: { readonly search: string; readonly replacement: string; readonly glob: string | null }): Changes {
  const { search: needle, replacement, glob } = recipe;
  const search = searchTree(tree, glob, needle, ({ text }) => ({ places: occurrences(text, needle), hasSyntaxErrors: false }));
  requireSome(search, `The text ${JSON.stringify(needle.slice(0, 200))}`, glob);
  return apply(tree, search, replacement);
}
