import { describe, expect, it } from '@jest/globals';

import { escapeLine, escapeText } from './escape-text.js';

describe('text of somebody else', () => {
  it('cannot move the cursor, turn its direction or hide in it', () => {
    expect(escapeText('a\u001b[2Jb\u202ec\u200bd\u00ade\u{e0041}f\r\n\tg')).toBe('a\\u{1b}[2Jb\\u{202e}c\\u{200b}d\\u{ad}e\\u{e0041}f\\u{d}\n\tg');
    expect(escapeLine('a\nb\tc\u009b')).toBe('a\\u{a}b\\u{9}c\\u{9b}');
  });

  it('cannot be pushed to the right of the window', () => {
    expect(escapeText(`a${' '.repeat(100)}b`)).toBe('a⟦100 blanks⟧b');
  });

  it('stays as it is where nothing is hidden, comments included', () => {
    expect(escapeText('<!-- a --> <details> שלום 漢字 ❤\ufe0f')).toBe('<!-- a --> <details> שלום 漢字 ❤\ufe0f');
  });
});
