import { liveHint } from '@countersign/contracts';
import { z } from 'zod';

export type LiveHint = z.output<typeof liveHint>;

/** Ids only: a payload of Postgres ends at 8000 bytes. */
export const LIVE_CHANNEL = 'requests_live';

const payload = z.tuple([liveHint.shape.kind, z.string(), z.string()]);

/** What a notification tells; undefined for one that is not ours: any role of the database may notify. */
export function hintOf(text: string | undefined): LiveHint | undefined {
  try {
    const parsed = payload.safeParse(JSON.parse(text ?? ''));
    if (!parsed.success) return undefined;
    const [kind, tenantId, requestId] = parsed.data;
    const hint = liveHint.safeParse({ kind, tenantId, requestId });
    return hint.success ? hint.data : undefined;
  } catch {
    return undefined;
  }
}
