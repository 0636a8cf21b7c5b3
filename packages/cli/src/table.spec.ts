import { describe, expect, it } from '@jest/globals';

import { renderFields, renderTable } from './table.js';

describe('tables', () => {
  it('align their columns and leave no blanks at line ends', () => {
    expect(renderTable(['id', 'state'], [['r1', 'DONE'], ['r22', null]])).toBe('ID   STATE\nr1   DONE\nr22  –\n');
  });

  it('keep hostile text on its line and short', () => {
    expect(renderTable(['t'], [['a\nb\u001b[31m\u202e']])).toBe('T\na\\u{a}b\\u{1b}[31m\\u{202e}\n');
    expect(renderTable(['t'], [['x'.repeat(100)]]).split('\n')[1]).toHaveLength(60);
  });

  it('line up fields', () => {
    expect(renderFields([['id', 'r1'], ['state', 'DONE']])).toBe('id:    r1\nstate: DONE\n');
  });
});
