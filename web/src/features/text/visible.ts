import { farMark, type Piece, piecesOf } from './hidden';

const codePoints = (text: string): string => [...text].map((char) => `⟦U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟧`).join('');

/** What a reader sees in place of a piece. Comments and folded sections are no less text here: nothing is rendered as HTML. */
export function shownAs({ text, kind }: Piece): string {
  if (!kind || kind === 'comment' || kind === 'fold') return text;
  return kind === 'far' ? farMark(text) : codePoints(text);
}

/** Shows what would otherwise not be seen, such as a right-to-left override, as its code point in brackets. */
export function visible(text: string): string {
  return piecesOf(text).map(shownAs).join('');
}

/** A Windows line ending is no secret in prose. */
export const withoutReturns = (text: string): string => text.replaceAll('\r\n', '\n');

export function visibleProse(text: string): string {
  return visible(withoutReturns(text));
}
