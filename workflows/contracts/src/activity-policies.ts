import type { ActivityOptions } from '@temporalio/common';

/** Without limit: a failed lifecycle compensates, so an outage must never fail one (DESIGN.md section 4). */
const FOREVER = { initialInterval: '1s', maximumInterval: '10s' } as const;

/** Named by what a retry would do. An `AppError` whose code says `retry: false` ends the retries. */
export const ACTIVITY_POLICIES = {
  /** One transaction; trying again changes nothing more. */
  quick: { startToCloseTimeout: '30s', retry: FOREVER },
  /** Looks for its own earlier effect before acting. */
  idempotentWrite: { startToCloseTimeout: '10m', heartbeatTimeout: '10s', retry: FOREVER },
  /** Long work that keeps a journal: goes on where it stood. */
  resumable: { startToCloseTimeout: '24h', heartbeatTimeout: '10s', retry: FOREVER },
  /** A compensation: after five tries its failure is shown, and the workflow goes on trying. */
  undo: { startToCloseTimeout: '10m', heartbeatTimeout: '10s', retry: { ...FOREVER, maximumAttempts: 5 } },
} as const satisfies Record<string, ActivityOptions>;
