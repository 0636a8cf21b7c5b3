import type { RecipeTree } from './recipe-tree.js';
import type { Changes } from './text-changes.js';
import { lineOf } from './text-file.js';
import { ToolRefusal } from './tool-protocol.js';

const MAX_PLACES_SHOWN = 20;

/** Overlapping ones count as well: each could be the one that is meant. */
function placesOf(text: string, anchor: string): readonly number[] {
  const places: number[] = [];
  for (let at = text.indexOf(anchor); at >= 0; at = text.indexOf(anchor, at + 1)) places.push(at);
  return places;
}

function linesOf(text: string, places: readonly number[]): string {
  const shown = places.slice(0, MAX_PLACES_SHOWN).map((at) => lineOf(text, at));
  const more = places.length > shown.length ? ` and ${places.length - shown.length} more` : '';
  return `lines ${shown.join(', ')}${more}`;
}

/** Inserts right after a text that is in the file exactly once. */
export function insertText(tree: RecipeTree, recipe: { readonly text: string; readonly anchor: string; readonly path: string }): Changes {
  const { path, anchor } = recipe;
  const text = tree.namedText(path);
  const places = placesOf(text, anchor);
  const [at] = places;
  const what = `The text ${JSON.stringify(anchor.slice(0, 200))}`;
  if (at === undefined) throw new ToolRefusal('NOTHING_TO_CHANGE', `${what} was not found in ${path}`);
  if (places.length > 1) {
    throw new ToolRefusal('EDIT_NOT_UNIQUE', `${what} is in ${path} ${places.length} times, at ${linesOf(text, places)}; give more of what is around the place that is meant`);
  }
  const end = at + anchor.length;
  tree.write(path, text.slice(0, end) + recipe.text + text.slice(end));
  return { files: [{ path, change: 'edit', places: 1 }], notes: [] };
}
