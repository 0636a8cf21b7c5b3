import { AppError } from '@countersign/domain';

import type { PageInfo } from './connection.type.js';

type Page<Item> = { readonly items: readonly Item[]; readonly next: string | null; readonly total: number };
type FetchPage<Item> = (page: { limit: number; after?: string }) => Promise<Page<Item>>;

export type Connection<Item> = {
  edges: { node: Item; cursor: string }[];
  pageInfo: PageInfo;
  totalCount: number;
};

/** Services know a cursor per page; an edge's cursor is that page's cursor and the edge's place in it. */
type Place = { readonly after: string | null; readonly skip: number };

const MAX_CURSOR_CHARS = 1_000;
const MAX_FIRST = 100;

const encode = ({ after, skip }: Place): string => Buffer.from(JSON.stringify([after, skip])).toString('base64url');

function decode(cursor: string): Place {
  try {
    if (cursor.length > MAX_CURSOR_CHARS) throw new TypeError('too long');
    const [after, skip] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as [unknown, unknown];
    const isPlace =
      (after === null || typeof after === 'string') && typeof skip === 'number' && Number.isInteger(skip) && skip >= 0 && skip <= MAX_FIRST;
    if (!isPlace) throw new TypeError('not a place');
    return { after, skip };
  } catch (error) {
    throw new AppError('INVALID_INPUT', 'after: must be a cursor that this API gave', { field: 'after', cause: error });
  }
}

/** @throws AppError INVALID_INPUT for a foreign cursor or a page size out of range; whatever `fetch` throws. */
export async function connectionOf<Item>(
  { first, after }: { readonly first: number; readonly after?: string | null },
  fetch: FetchPage<Item>,
): Promise<Connection<Item>> {
  if (first < 1 || first > MAX_FIRST) {
    throw new AppError('INVALID_INPUT', `first: must be 1 to ${MAX_FIRST}`, { field: 'first' });
  }
  const start = after ? decode(after) : { after: null, skip: 0 };
  const limit = Math.min(MAX_FIRST, first + start.skip);
  const page = await fetch({ limit, ...(start.after === null ? {} : { after: start.after }) });
  const edges = page.items.slice(start.skip).map((node, index) => {
    const skip = start.skip + index + 1;
    const isLast = skip === page.items.length;
    return { node, cursor: encode(isLast && page.next !== null ? { after: page.next, skip: 0 } : { after: start.after, skip }) };
  });
  // A place at the very end of its page has nothing to skip to: the next page begins there.
  if (edges.length === 0 && page.next !== null) return connectionOf({ first, after: encode({ after: page.next, skip: 0 }) }, fetch);
  return {
    edges,
    pageInfo: {
      hasNextPage: page.next !== null,
      hasPreviousPage: after !== undefined && after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: page.total,
  };
}
