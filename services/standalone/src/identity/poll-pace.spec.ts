import { describe, expect, it } from '@jest/globals';

import { PollPace } from './poll-pace.js';

describe('PollPace', () => {
  it('lets who keeps the interval ask on, and makes it longer for who does not', () => {
    let now = 0;
    const pace = new PollPace(5, () => now);
    const asksAfter = (seconds: number): boolean => {
      now += seconds * 1000;
      return pace.isTooFast('code');
    };
    expect([asksAfter(0), asksAfter(5), asksAfter(4.8), asksAfter(1)]).toEqual([false, false, false, true]);
    expect([asksAfter(5), asksAfter(15), asksAfter(15)]).toEqual([true, false, false]);
    expect(pace.isTooFast('another')).toBe(false);
  });

  it('forgets codes that nobody asks about any more', () => {
    let now = 0;
    const pace = new PollPace(5, () => now);
    pace.isTooFast('code');
    now = 16 * 60_000;
    expect(pace.isTooFast('code')).toBe(false);
    expect(pace.isTooFast('code')).toBe(true);
  });
});
