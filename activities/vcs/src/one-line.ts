/** Controls, and what turns or hides text around it. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

/** People's text as one line that looks like what it is: no line break that could add a trailer, nothing hidden. */
export function oneLine(text: string): string {
  return text
    .replace(/[\r\n\t\u2028\u2029\v\f]+/g, ' ')
    .replace(UNSEEN, (char) => `<U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`)
    .trim();
}
