import { describe, expect, it } from '@jest/globals';

import { appended, EMPTY_LOG } from './log-text';

const chunk = (offset: number, text: string, ended = false) => ({ offset, text, next: offset + text.length, ended });

describe('the log that is shown', () => {
  it('grows by pieces, ends with the last, and forgets a problem that is over', () => {
    const first = appended({ ...EMPTY_LOG, problem: 'away' }, chunk(0, 'one\n'));
    expect(first).toEqual({ text: 'one\n', next: 4, ended: false, isCut: false });
    expect(appended(first, chunk(4, 'two\n', true))).toEqual({ text: 'one\ntwo\n', next: 8, ended: true, isCut: false });
  });

  it('keeps its end and says that it is cut', () => {
    const long = appended(appended(EMPTY_LOG, chunk(0, 'a'.repeat(300_000))), chunk(300_000, 'b'.repeat(200_000)));
    expect([long.text.length, long.text.endsWith('b'), long.isCut, long.next]).toEqual([400_000, true, true, 500_000]);
    expect(appended(long, chunk(500_000, 'c')).isCut).toBe(true);
  });
});
