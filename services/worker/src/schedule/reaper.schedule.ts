import { setTimeout as sleep } from 'node:timers/promises';

import type { Logger } from '@countersign/platform';
import { QUEUES } from '@countersign/workflow-contracts';
import { type Client, ScheduleAlreadyRunning, type ScheduleOptions, ScheduleOverlapPolicy } from '@temporalio/client';

const REAPER_ID = 'reaper';
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** A call to a server that is away cannot be aborted, and a stop waits for it. */
const TRY_MS = 3_000;

const REAPER: ScheduleOptions = {
  scheduleId: REAPER_ID,
  spec: { intervals: [{ every: '10m' }] },
  // A reaper that still runs does the work of the next one; what was missed while away is done by one.
  policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1m' },
  action: { type: 'startWorkflow', workflowType: 'reapOrphans', workflowId: REAPER_ID, taskQueue: QUEUES.delivery, args: [], workflowRunTimeout: '9m' },
};

/** Makes the schedule, or makes the one that is there say the same. */
export async function ensureReaper(client: Client): Promise<void> {
  try {
    await client.schedule.create(REAPER);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { spec, action, policies = {} } = REAPER;
    await client.schedule.getHandle(REAPER_ID).update(({ state }) => ({ spec, action, policies, state }));
  }
}

/** Tries until it is there: Temporal may come later than the worker, and nothing waits for a reaper. */
export async function keepEnsuringReaper(client: Client, logger: Logger, signal: AbortSignal): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await client.withDeadline(Date.now() + TRY_MS, () => ensureReaper(client));
    } catch (error) {
      if (signal.aborted) return;
      logger.warn({ err: error }, 'the schedule of the reaper could not be made yet');
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
