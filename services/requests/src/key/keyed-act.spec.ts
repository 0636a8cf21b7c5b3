import { describe, expect, it } from '@jest/globals';

import { isSameAct, keyScope, stampOf } from './keyed-act.js';

const NOW = new Date('2026-11-21T00:00:00.000Z');
const person = { tenantId: 't1', personId: 'p1' };

describe('a keyed act', () => {
  it('is known by its input, whatever the order of members', () => {
    const one = stampOf({ key: 'k', ...{ title: 'x', body: '' } });
    expect(isSameAct(one, stampOf({ ...{ body: '', title: 'x' }, key: 'k' }))).toBe(true);
    expect(isSameAct(one, stampOf({ key: 'k', ...{ title: 'y', body: '' } }))).toBe(false);
  });

  it('is looked for among one person’s own, and among those of a day', () => {
    expect(keyScope(person, stampOf({ key: 'k' }), NOW)).toEqual({ ...person, key: 'k', since: new Date('2026-11-20T00:00:00.000Z') });
  });

  it('is nothing without a key', () => {
    const stamp = stampOf({ ...{ title: 'x' }, key: undefined });
    expect([stamp, keyScope(person, stamp, NOW)]).toEqual([{ idempotencyKey: null, idempotencyDigest: null }, undefined]);
  });
});
