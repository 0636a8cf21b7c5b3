import { isUtf8 } from 'node:buffer';

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 };

/**
 * The path of a `+++ ` line, spelled as in the list of changed files: bytes that are not UTF-8 as `\xNN`. Undefined for
 * `/dev/null`: the file is deleted.
 */
export function patchPath(spelled: Buffer): string | undefined {
  const text = spelled.toString('latin1');
  // git ends a path that holds a space with a tab.
  const raw = text.startsWith('"') ? unquoted(text) : text.replace(/\t$/, '');
  if (!raw.startsWith('b/')) return undefined;
  const path = Buffer.from(raw.slice(2), 'latin1');
  if (isUtf8(path)) return path.toString('utf8');
  return path.toString('latin1').replace(/[\x80-\xff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`);
}

/** C quoting, as git writes it: one character per byte. */
function unquoted(text: string): string {
  const inner = text.slice(1, text.lastIndexOf('"'));
  return inner.replace(/\\([0-7]{3}|.)/gs, (_all, code: string) => {
    if (code.length === 3) return String.fromCharCode(Number.parseInt(code, 8));
    return String.fromCharCode(ESCAPES[code] ?? code.charCodeAt(0));
  });
}
