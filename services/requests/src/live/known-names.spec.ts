import { describe, expect, it } from '@jest/globals';

import { KnownNames } from './known-names.js';

describe('names of people', () => {
  it('are asked for once a minute, by tenant, and an unknown id stands for itself', async () => {
    const asked: string[] = [];
    let now = 0;
    const people = async (tenant: string, ids: readonly string[]) => {
      asked.push(`${tenant}: ${ids.join()}`);
      return ids.filter((id) => id !== 'gone').map((id) => ({ personId: id, name: `${id} of ${tenant}` })) as never;
    };
    const names = new KnownNames({ people }, () => now);
    const nameOf = await names.of('t1', ['a', 'b', 'a', 'gone']);
    expect(['a', 'b', 'gone'].map(nameOf)).toEqual(['a of t1', 'b of t1', 'gone']);
    await names.of('t1', ['b', 'c', 'gone']);
    expect((await names.of('t2', ['a']))('a')).toBe('a of t2');
    now = 60_000;
    await names.of('t1', ['a']);
    expect(asked).toEqual(['t1: a,b,gone', 't1: c', 't2: a', 't1: a']);
  });
});
