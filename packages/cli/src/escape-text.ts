// C0 and C1 controls, zero-width characters, line separators, and everything that turns the direction of text.
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

const escaped = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** Text of somebody else for a terminal: nothing in it can move the cursor or hide. Line breaks and tabs stay. */
export function escapeText(text: string): string {
  return text.replace(INVISIBLE, escaped);
}

/** The same on one line. */
export function escapeLine(text: string): string {
  return escapeText(text).replace(/[\n\t]/g, escaped);
}
