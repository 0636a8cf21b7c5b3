import { describe, expect, it } from '@jest/globals';

import { decodeCursors, encodeCursors, pathOf, wishOf } from './live-topics';

const at = { request: '3.7', log: 120, inbox: '1.2.3.4' };

describe('what a live stream carries', () => {
  it('is asked for by a path and read back the same', () => {
    const wish = { ids: { request: 'r/1 &x', inbox: '1' }, at };
    expect(wishOf(new URL(pathOf(wish), 'http://here'), null)).toEqual(wish);
  });

  it('goes on from the last event of a browser that reconnects by itself', () => {
    const url = new URL(pathOf({ ids: { log: 'r1' }, at: { log: 5 } }), 'http://here');
    expect(wishOf(url, encodeCursors({ log: 99 }))).toEqual({ ids: { log: 'r1' }, at: { log: 99 } });
  });

  it('is nothing where nothing is asked for, or an id is none of ours', () => {
    for (const path of ['/api/live', '/api/live?at=x', '/api/live?request=', `/api/live?request=${'x'.repeat(101)}`]) {
      expect([path, wishOf(new URL(path, 'http://here'), null)]).toEqual([path, undefined]);
    }
  });

  it('begins with the state as it is where a cursor is none of ours', () => {
    for (const text of [null, '', '%', '{', 'null', '[]', encodeURIComponent('{"log":-1,"request":5}'), 'x'.repeat(2_000)]) expect([text, decodeCursors(text)]).toEqual([text, {}]);
    expect(decodeCursors(encodeCursors(at))).toEqual(at);
    expect(encodeCursors(at)).toMatch(/^[\x21-\x7e]+$/);
  });
});
