import { connectTemporal, outageNotes, WorkerHost } from '@countersign/platform';
import { QUEUES } from '@countersign/workflow-contracts';

import { beats } from './activity/beats.interceptor.js';
import { type ActivityQueue, queueActivities } from './queue-activities.js';
import { keepEnsuringReaper } from './schedule/reaper.schedule.js';
import { openWorkerParts, type WorkerServiceDeps } from './worker-parts.js';

/** Checks and executions each hold a container; the rest is short. */
const MAX_AT_ONCE: Readonly<Record<ActivityQueue, number>> = { agent: 8, sandbox: 8, vcs: 20, policy: 8 };
/** Checks and executions beat for themselves, as long as what they wait for is alive. */
const BEATS: readonly ActivityQueue[] = [QUEUES.vcs, QUEUES.policy];
/** The gate goes on waiting for people; what this one waits for is said where the answer will be. */
const SAID_IN_THREAD = 'agent.answer';
/** What is cancelled goes on at the next start, so a stop need not wait for it. */
const DEFAULT_GRACE_MS = 2_000;

export type WorkerService = {
  /** Every queue has a worker that polls. */
  readonly isRunning: boolean;
  /** Resolves once every queue was polled for the first time; Temporal may come later than this service. */
  readonly ready: Promise<void>;
  /** Drains the workers, then closes what their activities used. Safe to call twice. */
  close(): Promise<void>;
};

/** Binds the workflows and every activity package to their task queues. Does not wait for Temporal. */
export async function startWorkerService(deps: WorkerServiceDeps): Promise<WorkerService> {
  const { temporal, logger, settings } = deps;
  const parts = await openWorkerParts(deps);
  const shared = { ...temporal, logger, shutdownGraceMs: settings.shutdownGraceMs ?? DEFAULT_GRACE_MS };
  const activities = queueActivities(deps, parts);
  const outages = outageNotes(({ requestId, run }, waitingFor) => parts.records.noteWaiting(requestId, run, waitingFor));
  const notes: typeof outages = (context) => (context.info.activityType === SAID_IN_THREAD ? {} : outages(context));
  const hosts = [
    new WorkerHost({ ...shared, taskQueue: QUEUES.delivery, activities: {}, workflowBundle: { codePath: deps.bundlePath } }),
    ...(Object.keys(activities) as ActivityQueue[]).map(
      (queue) =>
        new WorkerHost({
          ...shared,
          taskQueue: queue,
          activities: activities[queue],
          maxConcurrentActivityTaskExecutions: MAX_AT_ONCE[queue],
          interceptors: [notes, ...(BEATS.includes(queue) ? [beats] : [])],
        }),
    ),
  ];
  const ready = Promise.all(hosts.map((host) => host.start())).then(() => undefined);

  const handle = connectTemporal(temporal);
  const stopping = new AbortController();
  const reaper = keepEnsuringReaper(handle.client, logger, stopping.signal);

  const closeAll = async (): Promise<void> => {
    stopping.abort();
    await Promise.all([reaper, ...hosts.map((host) => host.stop())]);
    // Only now: the client throws outside of any call when its connection closes under one.
    await handle.close();
    await parts.close();
  };
  let closing: Promise<void> | undefined;
  return {
    get isRunning() {
      return hosts.every((host) => host.isRunning);
    },
    ready,
    close: () => (closing ??= closeAll()),
  };
}
