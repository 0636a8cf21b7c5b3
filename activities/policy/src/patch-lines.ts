import { patchPath } from './patch-path.js';

export type PatchLine = {
  readonly text: string;
  /** In the new file, from 1. */
  readonly line: number;
  readonly added: boolean;
};

/** What a change shows of one file: added lines and the lines around them, hunk by hunk. */
export type PatchFile = { readonly path: string; readonly hunks: readonly (readonly PatchLine[])[] };

const NEWLINE = 10;
const SECTION = Buffer.from('diff --git ');
const TARGET = Buffer.from('+++ ');
const HUNK = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;
const MAX_HUNK_HEADER = 100;

type Hunk = { lines: PatchLine[]; old: number; new: number; line: number };

/**
 * Reads the patch that `RequestWorkspace.diff` makes, file by file. Line counts of the hunk headers are followed, so a
 * line of a file that looks like a header is no header.
 */
export function* patchFiles(patch: Buffer): Generator<PatchFile> {
  let file: { path: string; hunks: PatchLine[][] } | undefined;
  let hunk: Hunk | undefined;
  for (let at = 0; at < patch.length; ) {
    const newline = patch.indexOf(NEWLINE, at);
    const end = newline === -1 ? patch.length : newline;
    const line = patch.subarray(at, end);
    at = end + 1;
    if (hunk && (hunk.old > 0 || hunk.new > 0)) {
      takeLine(hunk, line);
    } else if (startsWith(line, SECTION)) {
      if (file) yield file;
      file = undefined;
      hunk = undefined;
    } else if (!file && startsWith(line, TARGET)) {
      const path = patchPath(line.subarray(TARGET.length));
      if (path !== undefined) file = { path, hunks: [] };
    } else if (file) {
      hunk = hunkOf(line);
      if (hunk) file.hunks.push(hunk.lines);
    }
  }
  if (file) yield file;
}

function startsWith(line: Buffer, prefix: Buffer): boolean {
  return line.length >= prefix.length && line.subarray(0, prefix.length).equals(prefix);
}

function hunkOf(line: Buffer): Hunk | undefined {
  const found = HUNK.exec(line.subarray(0, MAX_HUNK_HEADER).toString('latin1'));
  if (!found) return undefined;
  const [, old = '1', line1 = '1', fresh = '1'] = found;
  return { lines: [], old: Number(old), new: Number(fresh), line: Number(line1) };
}

function takeLine(hunk: Hunk, line: Buffer): void {
  const mark = String.fromCharCode(line[0] ?? 0);
  if (mark === '-') hunk.old -= 1;
  // `\ No newline at end of file` counts for neither side.
  if (mark !== '+' && mark !== ' ') return;
  hunk.lines.push({ text: line.subarray(1).toString('utf8'), line: hunk.line, added: mark === '+' });
  hunk.line += 1;
  hunk.new -= 1;
  if (mark === ' ') hunk.old -= 1;
}
