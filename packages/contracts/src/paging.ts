import { z } from 'zod';

export const MAX_PAGE = 100;

/** Relay-style forward paging; `after` is an opaque cursor. */
export const pageInput = z.object({
  limit: z.int().min(1).max(MAX_PAGE).default(20),
  after: z.string().max(500).optional(),
});

export function pageOf<I extends z.ZodType>(item: I) {
  return z.object({ items: z.array(item), next: z.string().nullable(), total: z.int() });
}
