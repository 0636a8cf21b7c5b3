import { nearestLine } from './line-likeness.js';
import { lineOf } from './text-file.js';
import { cutLine } from './text-lines.js';
import { ToolRefusal } from './tool-protocol.js';

export type Edit = { readonly old: string; readonly new: string; readonly replaceAll: boolean };

const SHOWN_PLACES = 20;
const MAX_LINE_CHARS = 200;

function placesOf(text: string, old: string): readonly number[] {
  const places: number[] = [];
  for (let at = text.indexOf(old); at >= 0; at = text.indexOf(old, at + old.length)) places.push(at);
  return places;
}

function linesText(text: string, places: readonly number[]): string {
  const lines = places.slice(0, SHOWN_PLACES).map((at) => lineOf(text, at));
  const more = places.length > SHOWN_PLACES ? ` and ${places.length - SHOWN_PLACES} more` : '';
  return `${lines.length === 1 ? 'line' : 'lines'} ${[...new Set(lines)].join(', ')}${more}`;
}

const squeezed = (text: string): string => text.replace(/\s+/g, ' ').trim();

function notFound(which: string, path: string, text: string, old: string): ToolRefusal {
  const lines = text.split('\n');
  const nearest = nearestLine(lines, old);
  const hint = nearest === undefined ? 'no line of it is like the first one given' : `the nearest line is ${nearest}: ${JSON.stringify(cutLine(lines[nearest - 1] ?? '', MAX_LINE_CHARS))}`;
  const spaces = squeezed(text).includes(squeezed(old)) ? '; it is there with other white space, which has to be given exactly' : '';
  return new ToolRefusal('TOOL_FAILED', `${which}: the text to replace is not in ${path}; ${hint}${spaces}. Nothing was changed`);
}

/** Lines that end with CRLF throughout are matched, and written again, as if they ended with LF. */
function unixText(text: string): { readonly text: string; readonly isCrlf: boolean } {
  const isCrlf = text.includes('\r\n') && !/(^|[^\r])\n/.test(text);
  return { text: isCrlf ? text.replaceAll('\r\n', '\n') : text, isCrlf };
}

export type Edited = { readonly text: string; readonly words: string };

/**
 * Applies edits in order, each to what the one before left; all or none.
 *
 * @throws ToolRefusal EDIT_NOT_UNIQUE naming the places, TOOL_FAILED where a text is not there.
 */
export function applyEdits(path: string, original: string, edits: readonly Edit[]): Edited {
  const { text: begun, isCrlf } = unixText(original);
  let text = begun;
  const places: string[] = [];
  for (const [index, edit] of edits.entries()) {
    const which = edits.length === 1 ? 'The edit' : `Edit ${index + 1} of ${edits.length}`;
    const [old, replacement] = isCrlf ? [edit.old.replaceAll('\r\n', '\n'), edit.new.replaceAll('\r\n', '\n')] : [edit.old, edit.new];
    const found = placesOf(text, old);
    const [at] = found;
    if (at === undefined) throw notFound(which, path, text, old);
    if (found.length > 1 && !edit.replaceAll) {
      throw new ToolRefusal(
        'EDIT_NOT_UNIQUE',
        `${which}: the text to replace is in ${path} ${found.length} times, at ${linesText(text, found)}; give more of its surroundings, or replaceAll. Nothing was changed`,
      );
    }
    places.push(linesText(text, found));
    text = edit.replaceAll ? text.split(old).join(replacement) : text.slice(0, at) + replacement + text.slice(at + old.length);
  }
  const words = `${path}: ${edits.length === 1 ? '1 edit' : `${edits.length} edits`} made, at ${places.slice(0, SHOWN_PLACES).join('; ')}`;
  return { text: isCrlf ? text.replaceAll('\n', '\r\n') : text, words };
}
