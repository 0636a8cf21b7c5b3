import { describe, expect, it } from '@jest/globals';

import { applyEdits, type Edit } from './edit-tool.js';

const edit = (old: string, replacement: string, replaceAll = false): Edit => ({ old, new: replacement, replaceAll });
const apply = (text: string, ...edits: readonly Edit[]) => applyEdits('a.ts', text, edits);

describe('applyEdits', () => {
  it('replaces exact texts in order, each in what the one before left', () => {
    expect(apply('one\ntwo\n', edit('one', '$&two'), edit('$&two\ntwo', 'end'))).toEqual({ text: 'end\n', words: 'a.ts: 2 edits made, at line 1; line 1' });
  });

  it('refuses what is there more than once, with the lines, and takes it with replaceAll', () => {
    const text = 'x\ny x\n\nx';
    expect(() => apply(text, edit('y', 'z'), edit('x', 'w'))).toThrow(
      expect.objectContaining({ code: 'EDIT_NOT_UNIQUE', message: 'Edit 2 of 2: the text to replace is in a.ts 3 times, at lines 1, 2, 4; give more of its surroundings, or replaceAll. Nothing was changed' }),
    );
    expect(apply(text, edit('x', 'xx', true))).toEqual({ text: 'xx\ny xx\n\nxx', words: 'a.ts: 1 edit made, at lines 1, 2, 4' });
  });

  it('names the nearest line where a text is not there', () => {
    const text = 'import a\nexport function total(sum: number) {\n  return sum;\n}\n';
    expect(() => apply(text, edit('export function totals(sum) {', ''))).toThrow(/not in a\.ts; the nearest line is 2: "export function total\(sum: number\) \{"/);
    expect(() => apply(text, edit('  return  sum;', ''))).toThrow(/nearest line is 3.*it is there with other white space/);
    expect(() => apply(text, edit('qqqq', ''))).toThrow(/no line of it is like the first one given/);
  });

  it('keeps the line ends of a file whose lines end with CRLF', () => {
    expect(apply('a\r\nb\r\n', edit('a\nb', 'c\nd')).text).toBe('c\r\nd\r\n');
    expect(() => apply('a\r\nb\n', edit('a\nb', 'c'))).toThrow(/not in a\.ts/);
  });
});
