/** Control characters other than tab and newline, bidirectional controls, and what shows as nothing at all. */
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** The text with every character that could hide or reorder others written out, so that what is read is what is there. */
export function visibleText(text: string): string {
  return text.toWellFormed().replace(HIDDEN, (hidden) => `⟦U+${(hidden.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟧`);
}

/** A fenced block that its content cannot close. */
export function fenced(text: string, language = ''): string {
  const shown = visibleText(text);
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${shown}${shown.endsWith('\n') ? '' : '\n'}${fence}`;
}

/** Inline code on one line; newlines are written out too. */
export function code(text: string): string {
  const shown = visibleText(text).replaceAll('\n', '⟦U+000A⟧').replaceAll('\t', '⟦U+0009⟧');
  if (shown === '') return '*(empty)*';
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = shown.startsWith('`') || shown.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${shown}${pad}${fence}`;
}

/** One line of prose from outside: nothing in it is markup. */
export function prose(text: string): string {
  return visibleText(text)
    .replaceAll('\n', ' ')
    .replace(/[\\`*_{}[\]()#+!|<>~-]/g, (mark) => `\\${mark}`);
}
