import { describe, expect, it } from '@jest/globals';

import { erasedSubject, wasSubject } from './erased-person.js';

describe('an erased sign-in name', () => {
  it('is told again by who knows it, and read by nobody', () => {
    const erased = erasedSubject('ada@example.org');
    expect(erased).not.toContain('ada');
    expect([wasSubject(erased, 'ada@example.org'), wasSubject(erased, 'eve@example.org'), wasSubject('ada', 'ada')]).toEqual([true, false, false]);
  });

  it('is another text each time', () => {
    expect(erasedSubject('ada')).not.toBe(erasedSubject('ada'));
  });
});
