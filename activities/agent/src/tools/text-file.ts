import { isUtf8 } from 'node:buffer';

const LFS_HEAD = Buffer.from('version https://git-lfs.github.com/spec/');
/** The LFS specification keeps pointer files below this. */
const LFS_MAX_BYTES = 1024;

/** Text is valid UTF-8 without NUL: it can be decoded and encoded again to the same bytes. */
export function isText(bytes: Buffer): boolean {
  return !bytes.includes(0) && isUtf8(bytes);
}

export function isLfsPointer(bytes: Buffer): boolean {
  return bytes.length < LFS_MAX_BYTES && bytes.subarray(0, LFS_HEAD.length).equals(LFS_HEAD);
}

/** 1-based line of an offset; lines end with LF. */
export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
