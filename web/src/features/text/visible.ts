/**
 * Control, bidirectional, zero-width and tag characters, and lone surrogates: text from people, repositories and models
 * could use them to look like something else. Tab and line feed stay.
 */
const HIDDEN =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF0-\uFFFB\u{E0000}-\u{E0FFF}\p{Cs}]/gu;

/** Shows what would otherwise not be seen, such as a right-to-left override, as its code point in brackets. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (char) => `⟦U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟧`);
}

/** For prose, where a Windows line ending is no secret. */
export function visibleProse(text: string): string {
  return visible(text.replaceAll('\r\n', '\n'));
}
