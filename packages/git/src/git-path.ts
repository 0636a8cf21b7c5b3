import { isUtf8 } from 'node:buffer';

/**
 * A path as git has it: one character per byte ('latin1'), so that no name is changed on its way through.
 * `shown` is for people and for JSON.
 */
export type RawPath = string;

export function rawOf(path: string): RawPath {
  return Buffer.from(path, 'utf8').toString('latin1');
}

export function bytesOf(raw: RawPath): Buffer {
  return Buffer.from(raw, 'latin1');
}

export function isUtf8Path(raw: RawPath): boolean {
  return isUtf8(bytesOf(raw));
}

/** Text of a path; bytes that are not UTF-8 as `\xNN`. */
export function shown(raw: RawPath): string {
  const bytes = bytesOf(raw);
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return raw.replace(/[\x80-\xff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`);
}

/** Parts that git keeps to itself on some file system: `.git`, its 8.3 name, with trailing dots, spaces, streams; ignorable code points. */
export function isReservedPath(raw: RawPath): boolean {
  return raw.split('/').some((part) => {
    const plain = shown(part).replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '');
    return /^(\.git|git~1)[ .]*([:\\].*)?$/is.test(plain) || plain === '.' || plain === '..' || plain === '';
  });
}

export function splitNul(output: Buffer): readonly RawPath[] {
  const parts = output.toString('latin1').split('\0');
  if (parts.at(-1) === '') parts.pop();
  return parts;
}
