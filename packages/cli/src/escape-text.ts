import { farMark, piecesOf } from './hidden.js';

const escaped = (text: string): string => [...text].map((character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`).join('');

/** Text of somebody else for a terminal: nothing in it can move the cursor or hide. Line breaks and tabs stay. */
export function escapeText(text: string): string {
  return piecesOf(text)
    .map(({ text: piece, kind }) => {
      if (!kind || kind === 'comment' || kind === 'fold') return piece;
      return kind === 'far' ? farMark(piece) : escaped(piece);
    })
    .join('');
}

/** The same on one line. */
export function escapeLine(text: string): string {
  return escapeText(text).replace(/[\n\t]/g, escaped);
}
