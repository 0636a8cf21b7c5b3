import { describe, expect, it } from '@jest/globals';

import { patchFiles } from './patch-lines.js';
import { patchPath } from './patch-path.js';

const lines = (...text: string[]): Buffer => Buffer.from(`${text.join('\n')}\n`);

describe('patchFiles', () => {
  it('numbers the added lines of each hunk', () => {
    const patch = lines(
      'diff --git a/x.ts b/x.ts', 'index 1..2 100644', '--- a/x.ts', '+++ b/x.ts',
      '@@ -1,2 +1,3 @@', ' one', '-two', '+zwei', '+drei',
      '@@ -10 +11 @@ function x() {', '-a', '+b', '\\ No newline at end of file',
    );
    const [file] = [...patchFiles(patch)];
    expect(file?.path).toBe('x.ts');
    expect(file?.hunks.map((hunk) => hunk.map(({ text, line, added }) => `${line}${added ? '+' : ' '}${text}`))).toEqual([
      ['1 one', '2+zwei', '3+drei'],
      ['11+b'],
    ]);
  });

  it('takes a line that looks like a header for a line', () => {
    const patch = lines(
      'diff --git a/x b/x', '--- a/x', '+++ b/x', '@@ -1,2 +1,3 @@', '--- a/other', '+++ b/other', '+@@ -1 +1 @@', '+diff --git a/y b/y',
      'diff --git a/z b/z', '--- a/z', '+++ b/z', '@@ -0,0 +1 @@', '+z',
    );
    // The first hunk removes two lines: `-- a/other` and what never comes; counts are followed all the same.
    const paths = [...patchFiles(patch)].map(({ path }) => path);
    expect(paths[0]).toBe('x');
    expect([...patchFiles(patch)][0]?.hunks[0]?.map(({ text }) => text)).toEqual(['++ b/other', '@@ -1 +1 @@', 'diff --git a/y b/y']);
  });

  it('passes over deleted, binary and empty files', () => {
    const patch = lines(
      'diff --git a/gone b/gone', 'deleted file mode 100644', '--- a/gone', '+++ /dev/null', '@@ -1 +0,0 @@', '-x',
      'diff --git a/b.png b/b.png', 'new file mode 100644', 'GIT binary patch', 'literal 3', 'KcmZ', '', 'literal 0', 'HcmV?', '',
      'diff --git a/empty b/empty', 'new file mode 100644', 'index 0..e',
      'diff --git a/t b/t', '--- /dev/null', '+++ b/t', '@@ -0,0 +1 @@', '+t',
    );
    expect([...patchFiles(patch)].map(({ path }) => path)).toEqual(['t']);
  });

  it('ends on a patch that is cut anywhere', () => {
    const patch = lines('diff --git a/x b/x', '--- a/x', '+++ b/x', '@@ -1,2 +1,3 @@', ' one', '+two');
    for (let end = 0; end <= patch.length; end += 1) expect(() => [...patchFiles(patch.subarray(0, end))]).not.toThrow();
  });
});

describe('patchPath', () => {
  it.each([
    ['b/plain.ts', 'plain.ts'],
    ['b/with space\t', 'with space'],
    ['b/-leading', '-leading'],
    ['"b/new\\nline \\"q\\" \\\\ tab\\t"', 'new\nline "q" \\ tab\t'],
    ['"b/\\303\\244"', 'ä'],
    ['"b/\\377"', '\\xff'],
    ['/dev/null', undefined],
  ])('reads %s', (spelled, path) => {
    expect(patchPath(Buffer.from(spelled))).toBe(path);
  });
});
