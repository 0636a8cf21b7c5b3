import { describe, expect, it } from '@jest/globals';

import { endToEnd } from './message-headers.js';

describe('headers that go on', () => {
  it('are not those of one connection, of the proxy, or named by Connection', () => {
    const raw = ['Host', 'a', 'Connection', 'close, X-Hop', 'x-hop', '1', 'Proxy-Authorization', 'p', 'TE', 't', 'Keep-Alive', 'k', 'Upgrade', 'u', 'X-Kept', '1', 'x-kept', '2'];
    expect(endToEnd(raw, ['host'])).toEqual({ 'X-Kept': ['1', '2'] });
  });
});
