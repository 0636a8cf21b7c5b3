import { z } from 'zod';

import { rpc } from '../rpc-contract.js';
import { eventView, gateSchema, requestItem, stateSchema } from './view.schema.js';

const requestId = z.string().min(1).max(100);

/** That something happened, never what: whoever may see it reads it as themselves. */
export const liveHint = z.object({ tenantId: z.string(), requestId, kind: z.enum(['request', 'log']) });

/** One event with the state that the request was in from then on; null where it was not moved in what is answered. */
const changeEventView = eventView.extend({ state: stateSchema.nullable() });

export const liveRpc = {
  /**
   * Hints since `after`, at once where there are any, else when one comes or `waitMs` is over. `reset`: hints may have
   * been missed (a first call, a restart, a lost connection), so everything counts as changed.
   */
  'live.feed': rpc(
    ['gateway'],
    z.object({ after: z.string().max(100).nullable(), waitMs: z.int().min(0).max(25_000) }),
    z.object({ cursor: z.string(), reset: z.boolean(), hints: z.array(liveHint) }),
  ),
  /** What is new on a request since the cursor; null where nothing is. Without a cursor the state as it is. */
  'live.changes': rpc(
    ['person'],
    z.object({ id: requestId, after: z.string().max(100).nullable() }),
    z
      .object({ cursor: z.string(), request: requestItem, gate: gateSchema.nullable(), events: z.array(changeEventView), hasMore: z.boolean() })
      .nullable(),
  ),
  /** The running log of a request has grown. A hint only: one that is lost makes readers later, not wrong. */
  'live.logAppended': rpc(['worker'], z.object({ requestId }), z.object({})),
} as const;
