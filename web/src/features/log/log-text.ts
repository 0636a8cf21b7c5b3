export type LogChunk = { readonly offset: number; readonly text: string; readonly next: number; readonly ended: boolean };
export type Log = { readonly text: string; readonly next: number; readonly ended: boolean; readonly isCut: boolean; readonly problem?: string };

export const EMPTY_LOG: Log = { text: '', next: 0, ended: false, isCut: false };

const MAX_CHARS = 400_000;

/** The end of a log, one piece longer. What worked again is no problem any more. */
export function appended({ text, isCut }: Log, chunk: LogChunk): Log {
  const all = text + chunk.text;
  return { text: all.slice(-MAX_CHARS), next: chunk.next, ended: chunk.ended, isCut: isCut || all.length > MAX_CHARS };
}
