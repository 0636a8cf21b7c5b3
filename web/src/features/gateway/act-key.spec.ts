import { beforeEach, describe, expect, it } from '@jest/globals';

import { ActKey } from './act-key';

describe('the key of an act', () => {
  let key: ActKey;
  let first: string;
  beforeEach(() => {
    key = new ActKey();
    first = key.of({ text: 'one' });
  });

  it('is the same for a second press of the same words, and another for other words', () => {
    expect(key.of({ text: 'one' })).toBe(first);
    expect(key.of({ text: 'two' })).not.toBe(first);
  });

  it.each(['SERVICE_UNAVAILABLE', 'DATABASE_UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CONFLICT', 'INTERNAL'])('stays after %s, which leaves open what happened', (code) => {
    key.answered(code);
    expect(key.of({ text: 'one' })).toBe(first);
  });

  it.each([undefined, 'ALREADY_PAUSED', 'FORBIDDEN'])('is another after %s, an answer that stands', (code) => {
    key.answered(code);
    expect(key.of({ text: 'one' })).not.toBe(first);
  });
});
