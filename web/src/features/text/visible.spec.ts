import { describe, expect, it } from '@jest/globals';

import { visible, visibleProse } from './visible';

describe('visible', () => {
  it('shows what could turn, hide or forge text', () => {
    expect(visible('a\u202Eb\u200Bc\u001Bd\u{E0041}e')).toBe('a⟦U+202E⟧b⟦U+200B⟧c⟦U+001B⟧d⟦U+E0041⟧e');
    expect(visible('\uD800')).toBe('⟦U+D800⟧');
  });

  it('leaves ordinary text of any script alone', () => {
    expect(visible('tab\tline\nשלום 漢字 é 🙂')).toBe('tab\tline\nשלום 漢字 é 🙂');
  });

  it('hides Windows line endings in prose only', () => {
    expect(visibleProse('a\r\nb')).toBe('a\nb');
    expect(visible('a\r\nb')).toBe('a⟦U+000D⟧\nb');
  });
});
