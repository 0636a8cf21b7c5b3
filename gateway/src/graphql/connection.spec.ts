import { describe, expect, it } from '@jest/globals';

import { connectionOf } from './connection.js';

const ALL = Array.from({ length: 250 }, (_, index) => index);

/** Pages of a list in which a cursor is the next item. */
const fetch = async ({ limit, after }: { limit: number; after?: string }) => {
  const start = after === undefined ? 0 : Number(after);
  const items = ALL.slice(start, start + limit);
  const next = start + limit < ALL.length ? String(start + limit) : null;
  return { items, next, total: ALL.length };
};

describe('connectionOf', () => {
  it('walks the whole list by end cursors, each item once', async () => {
    const seen: number[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof connectionOf<number>>> = await connectionOf({ first: 30, after }, fetch);
      seen.push(...page.edges.map(({ node }) => node));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(seen).toEqual(ALL);
  });

  it('goes on from any edge', async () => {
    const first = await connectionOf({ first: 10 }, fetch);
    const second = await connectionOf({ first: 10, after: first.edges[3]?.cursor ?? null }, fetch);
    expect(second.edges[0]?.node).toBe(4);
    expect(second.edges).toHaveLength(10);
  });

  it('ends with no edges after the last one', async () => {
    const page = await connectionOf({ first: 100, after: (await connectionOf({ first: 100 }, fetch)).pageInfo.endCursor }, fetch);
    const last = await connectionOf({ first: 100, after: page.pageInfo.endCursor }, fetch);
    const past = await connectionOf({ first: 100, after: last.pageInfo.endCursor }, fetch);
    expect([last.pageInfo.hasNextPage, past.edges, past.pageInfo.endCursor]).toEqual([false, [], null]);
  });

  it.each(['', 'x', 'WzEsMl0', Buffer.from('["a",-1]').toString('base64url'), 'a'.repeat(2_000)])(
    'refuses %j as a cursor or takes it for none',
    async (after) => {
      if (after === '') expect((await connectionOf({ first: 1, after }, fetch)).edges[0]?.node).toBe(0);
      else await expect(connectionOf({ first: 1, after }, fetch)).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'after' });
    },
  );

  it.each([0, -1, 101])('refuses a page of %d', async (first) => {
    await expect(connectionOf({ first }, fetch)).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'first' });
  });
});
