import { posix } from 'node:path';

import { isJavaScriptOrTypeScript, languageOf } from './identifier-places.js';
import { moveInFile, relativeTextsIn, type FileMove, type Move } from './moved-imports.js';
import type { RecipeTree, Skipped } from './recipe-tree.js';
import { skippedNotes, someOf } from './skipped-notes.js';
import type { Changes } from './text-changes.js';
import { ToolRefusal, type ChangedFile } from './tool-protocol.js';

const MAX_PLACES_SHOWN = 20;
const EVERYTHING = Buffer.alloc(0);

function requireMovable(tree: RecipeTree, from: string, to: string): void {
  tree.requireOutsideSubmodules(from);
  if (!tree.isTracked(from)) throw new ToolRefusal('NOT_FOUND', `${from} is not a tracked file, so there is nothing to move`);
  if (tree.isPointer(from)) throw new ToolRefusal('PLAN_TOUCHES_LFS', `${from} is a Git LFS pointer and stays untouched`);
  tree.requireFree(to);
  const isKept = languageOf(from) === undefined || languageOf(to) !== undefined;
  if (!isKept) throw new ToolRefusal('MODEL_CANNOT', `${to} is not named as JavaScript or TypeScript, and ${from} is`);
}

function listed(places: readonly string[]): string {
  const more = places.length > MAX_PLACES_SHOWN ? ` and ${places.length - MAX_PLACES_SHOWN} more` : '';
  return `${places.slice(0, MAX_PLACES_SHOWN).join(', ')}${more}`;
}

/** The path itself, as a text that does not go on to either side. */
function isNamedIn(text: string, path: string): boolean {
  for (let at = text.indexOf(path); at >= 0; at = text.indexOf(path, at + 1)) {
    const before = text.slice(0, at).replace(/(?<![\w.-])\.\/$/, '').slice(-1);
    if (!/[\w./-]/.test(before) && !/[\w/-]/.test(text.charAt(at + path.length))) return true;
  }
  return false;
}

type Found = { readonly moves: readonly FileMove[]; readonly skipped: readonly Skipped[]; readonly named: readonly string[] };

function hasAliases(tree: RecipeTree): boolean {
  return tree.paths().some((path) => {
    const name = posix.basename(path);
    const words = /^[tj]sconfig.*\.json$/.test(name) ? ['"paths"', '"baseUrl"'] : name === 'package.json' ? ['"imports"'] : [];
    return words.some((word) => {
      const file = tree.text(path, Buffer.from(word));
      return file !== undefined && !('reason' in file);
    });
  });
}

function searchTree(tree: RecipeTree, move: Move): Found {
  const moves: FileMove[] = [];
  const skipped: Skipped[] = [];
  const named: string[] = [];
  const name = Buffer.from(move.name);
  for (const path of tree.paths()) {
    const isCode = isJavaScriptOrTypeScript(path);
    const file = tree.text(path, isCode ? EVERYTHING : name);
    if (!file) continue;
    if ('reason' in file) {
      if (isCode) skipped.push(file);
      continue;
    }
    if (isCode) {
      const inFile = moveInFile(move, path, file.text);
      if (inFile) moves.push(inFile);
    }
    if (path !== move.from && (isNamedIn(file.text, move.from) || (!isCode && relativeTextsIn(move, path, file.text)))) named.push(path);
  }
  return { moves, skipped, named };
}

function notesOf({ moves, skipped, named }: Found, { from }: Move): readonly string[] {
  const left = moves.flatMap((file) => file.left);
  const aliased = moves.flatMap((file) => file.aliased);
  const broken = moves.filter((file) => file.edits.length > 0 && file.hasSyntaxErrors).map(({ path }) => path);
  return [
    ...skippedNotes(skipped),
    ...(left.length > 0 ? [`Left as they are, since they are no imports: ${listed(left)}.`] : []),
    ...(aliased.length > 0 ? [`Left as they are, since another name than a relative path may mean ${from}: ${listed(aliased)}.`] : []),
    ...(named.length > 0 ? [`${from} is also named in ${someOf(named)}, which stays as it is.`] : []),
    ...(broken.length > 0 ? [`Syntax that the parser does not know in ${someOf(broken)}: check the result there.`] : []),
  ];
}

function requireClear({ moves, skipped }: Found, { from, to }: Move): void {
  if (skipped.some(({ path }) => path === from)) throw new ToolRefusal('TOOL_FAILED', `${from} cannot be moved: ${skippedNotes(skipped.filter(({ path }) => path === from)).join(' ')}`);
  const unclear = moves.flatMap((file) => file.unclear);
  if (unclear.length > 0) throw new ToolRefusal('EDIT_NOT_UNIQUE', `${from} cannot be moved to ${to}, since not every import can be rewritten with certainty: ${listed(unclear)}`);
}

/** Moves a file, its mode kept, and rewrites the relative imports in it and of it in JavaScript and TypeScript. */
export function moveFile(tree: RecipeTree, { from, to }: { readonly from: string; readonly to: string }): Changes {
  requireMovable(tree, from, to);
  const before = new Set(tree.paths());
  const after = new Set(before);
  after.delete(from);
  after.add(to);
  const stem = posix.basename(from).replace(/(?:\.d)?\.[^.]*$/, '');
  const name = stem === 'index' ? posix.basename(posix.dirname(posix.resolve('/', from))) || stem : stem || posix.basename(from);
  const move: Move = { from, to, before, after, name, hasAliases: hasAliases(tree) };
  const found = searchTree(tree, move);
  requireClear(found, move);

  const edited = found.moves.filter((file) => file.edits.length > 0);
  const others = edited.filter((file) => file.path !== from);
  for (const { path } of others) tree.namedText(path);
  tree.move(from, to);
  for (const file of edited) tree.write(file.path === from ? to : file.path, file.result);
  const own = edited.find((file) => file.path === from)?.edits.length;
  const files: readonly ChangedFile[] = [
    { path: from, change: 'delete' },
    { path: to, change: 'add', ...(own !== undefined && { places: own }) },
    ...others.map(({ path, edits }) => ({ path, change: 'edit' as const, places: edits.length })),
  ];
  return { files, notes: notesOf(found, move) };
}
