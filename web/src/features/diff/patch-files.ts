import parseDiff from 'parse-diff';

export type PatchFile = {
  readonly name: string;
  readonly change: 'added' | 'deleted' | 'renamed' | 'edited';
  readonly additions: number;
  readonly deletions: number;
  /** This file's part of the patch, as git wrote it. */
  readonly text: string;
};

const ABSENT = '/dev/null';

/** Inside a hunk every line begins with a space, `+`, `-` or `\`, so `diff --git` at a line's start is always a header. */
export function filesOfPatch(patch: string): readonly PatchFile[] {
  return patch
    .split(/^(?=diff --git )/m)
    .filter((part) => part.startsWith('diff --git '))
    .map((text) => {
      const [parsed] = parseDiff(text);
      const header = text.slice('diff --git '.length, text.indexOf('\n') === -1 ? undefined : text.indexOf('\n'));
      const named = [parsed?.to, parsed?.from].find((name) => name && name !== ABSENT);
      const change = parsed?.new ? 'added' : parsed?.deleted ? 'deleted' : /^rename from /m.test(text.split('\n@@')[0] ?? '') ? 'renamed' : 'edited';
      return { name: named ?? header, change, additions: parsed?.additions ?? 0, deletions: parsed?.deletions ?? 0, text };
    });
}
