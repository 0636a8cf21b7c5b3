import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { recipeFolder, type RecipeFolder } from '../testing/recipe-folder.fake.js';

let folder: RecipeFolder;
beforeEach(() => {
  folder = recipeFolder();
});
afterEach(() => folder.remove());

describe('insert', () => {
  it('inserts right after the one place, and leaves every other byte and the mode', () => {
    folder.put({ 'a.sh': '\uFEFF#!/bin/sh\r\necho 😀\r\n' }, '100755');
    expect(folder.one('insert "\\r\\necho \\"2\\"" after "echo 😀" in a.sh')).toMatchObject({ ok: true, files: [{ path: 'a.sh', change: 'edit', places: 1 }], notes: [] });
    expect(folder.text('a.sh')).toBe('\uFEFF#!/bin/sh\r\necho 😀\r\necho "2"\r\n');
    expect((folder.mode('a.sh') ?? 0) & 0o777).toBe(0o755);
  });

  it('builds on what earlier steps left, without touching anything in a dry run', () => {
    folder.put({ 'a.txt': 'one\n' });
    const steps = ['insert "two\\n" after "one\\n" in a.txt', 'insert "three\\n" after "two\\n" in a.txt'];
    expect(folder.run(steps, true).map(({ ok }) => ok)).toEqual([true, true]);
    expect(folder.text('a.txt')).toBe('one\n');
    folder.run(steps);
    expect(folder.text('a.txt')).toBe('one\ntwo\nthree\n');
  });

  it('refuses a text that is there more than once, with the lines of its places', () => {
    folder.put({ 'a.txt': 'aba\nx\nab' });
    expect(folder.one('insert "x" after "ab" in a.txt')).toMatchObject({ ok: false, code: 'EDIT_NOT_UNIQUE', message: expect.stringContaining('2 times, at lines 1, 3;') });
    folder.put({ 'b.txt': 'aaa' });
    expect(folder.one('insert "x" after "aa" in b.txt')).toMatchObject({ code: 'EDIT_NOT_UNIQUE' });
  });

  it.each([
    ['a.txt', 'NOTHING_TO_CHANGE'],
    ['missing.txt', 'NOT_FOUND'],
    ['bin', 'TOOL_FAILED'],
    ['link', 'TOOL_FAILED'],
    ['sub/a.txt', 'PLAN_TOUCHES_SUBMODULE'],
    ['.gitmodules', 'PLAN_TOUCHES_SUBMODULE'],
    ['model.bin', 'PLAN_TOUCHES_LFS'],
    ['out/a.txt', 'PATH_OUTSIDE_WORKSPACE'],
  ])('refuses %s with %s', (path, code) => {
    folder.put({ 'a.txt': 'a', bin: Buffer.from('b\0'), '.gitmodules': 'b', 'model.bin': 'version https://git-lfs.github.com/spec/v1\nb' });
    folder.link('link', 'a.txt');
    folder.link('out', '/tmp');
    folder.track('sub', '160000');
    folder.track('out/a.txt', '100644');
    expect(folder.run([`insert "x" after "b" in ${path}`])).toMatchObject([{ ok: false, code }]);
  });

  it('refuses a huge file and says so', () => {
    folder.put({ 'a.txt': 'a'.repeat(100) });
    expect(folder.run(['insert "x" after "b" in a.txt'], false, 50)).toMatchObject([{ code: 'TOOL_FAILED', message: expect.stringContaining('too large') }]);
  });
});
