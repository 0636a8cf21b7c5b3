import { describe, expect, it } from '@jest/globals';

import { filesOfPatch } from './patch-files';

const PATCH = `diff --git a/a.ts b/a.ts
index 1111111..2222222 100644
--- a/a.ts
+++ b/a.ts
@@ -1,2 +1,2 @@
-diff --git a/x b/x
+one
 two
diff --git a/new.md b/new.md
new file mode 100644
--- /dev/null
+++ b/new.md
@@ -0,0 +1 @@
+# New
diff --git a/old.bin b/old.bin
deleted file mode 100644
Binary files a/old.bin and /dev/null differ
`;

describe('filesOfPatch', () => {
  it('takes a patch apart without losing a byte of it', () => {
    const files = filesOfPatch(PATCH);
    expect(files.map(({ change, additions, deletions }) => [change, additions, deletions])).toEqual([
      ['edited', 1, 1],
      ['added', 1, 0],
      ['deleted', 0, 0],
    ]);
    expect(files.map(({ text }) => text).join('')).toBe(PATCH);
  });

  it('finds no file in text that is no patch', () => {
    expect(filesOfPatch('hello\n')).toEqual([]);
  });
});
