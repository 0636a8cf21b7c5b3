import { setTimeout as sleep } from 'node:timers/promises';

import { type ActivityInterceptorsFactory, NativeConnection, Worker, type WorkflowBundleOption } from '@temporalio/worker';

import type { Logger } from '../logging/logger.js';
import { activityErrors } from './activity-errors.interceptor.js';
import type { TemporalSettings } from './temporal-client.js';

export type WorkerHostOptions = TemporalSettings & {
  readonly taskQueue: string;
  /** Functions by name: what `xActivities(deps)` returns. */
  readonly activities: object;
  /** Left out where the queue has activities only. */
  readonly workflowBundle?: WorkflowBundleOption;
  readonly maxConcurrentActivityTaskExecutions?: number;
  /** How long running activities may finish after `stop`; then they are cancelled. Default 10 000. */
  readonly shutdownGraceMs?: number;
  /** How long a cancelled one may take before the worker is given up. Default 10 000. */
  readonly shutdownForceMs?: number;
  /** Within the one that turns errors into failures, the first outermost. */
  readonly interceptors?: readonly ActivityInterceptorsFactory[];
  readonly logger: Logger;
};

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
const HEALTHY_AFTER_MS = 60_000;

/**
 * Keeps one worker alive on one task queue. It gives up on nothing: it waits for a server that is not there yet, and a
 * worker that died is made anew, with a pause that grows from 250 ms to 10 s.
 */
export class WorkerHost {
  private readonly stopping = new AbortController();
  private worker: Worker | undefined;
  private loop: Promise<void> | undefined;
  private readonly started = Promise.withResolvers<void>();

  constructor(private readonly options: WorkerHostOptions) {}

  /** Resolves when the first worker polls (or `stop` came before); not awaiting it is fine, it never rejects. */
  start(): Promise<void> {
    this.loop ??= this.keepRunning();
    return this.started.promise;
  }

  get isRunning(): boolean {
    return this.worker?.getState() === 'RUNNING';
  }

  /** Takes no new tasks, waits for the running ones as the options say, closes the connection. Safe to call twice. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.shutDown();
    await this.loop;
  }

  private async keepRunning(): Promise<void> {
    const { logger, taskQueue } = this.options;
    let pauseMs = FIRST_PAUSE_MS;
    while (!this.stopping.signal.aborted) {
      const since = Date.now();
      try {
        await this.runOnce();
      } catch (error) {
        if (this.stopping.signal.aborted) logger.warn({ err: error, taskQueue }, 'the worker did not stop cleanly');
        else logger.error({ err: error, taskQueue, pauseMs }, 'the worker is not running; it will be made again');
      }
      if (Date.now() - since > HEALTHY_AFTER_MS) pauseMs = FIRST_PAUSE_MS;
      await sleep(pauseMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
    this.started.resolve();
  }

  private async runOnce(): Promise<void> {
    const { address, taskQueue, logger } = this.options;
    const connection = await NativeConnection.connect({ address });
    try {
      if (this.stopping.signal.aborted) return;
      this.worker = await this.createWorker(connection);
      const running = this.worker.run();
      logger.info({ taskQueue }, 'worker is polling');
      this.started.resolve();
      // A stop that came while the worker was being made found nothing to shut down.
      if (this.stopping.signal.aborted) this.shutDown();
      await running;
    } finally {
      this.worker = undefined;
      await connection.close().catch((error: unknown) => logger.debug({ err: error }, 'closing the connection failed'));
    }
  }

  private createWorker(connection: NativeConnection): Promise<Worker> {
    const { namespace, taskQueue, activities, workflowBundle, logger } = this.options;
    const maxActivities = this.options.maxConcurrentActivityTaskExecutions;
    return Worker.create({
      connection,
      namespace,
      taskQueue,
      activities,
      ...(workflowBundle === undefined ? {} : { workflowBundle }),
      ...(maxActivities === undefined ? {} : { maxConcurrentActivityTaskExecutions: maxActivities }),
      interceptors: { activity: [activityErrors(logger), ...(this.options.interceptors ?? [])] },
      shutdownGraceTime: this.options.shutdownGraceMs ?? 10_000,
      shutdownForceTime: (this.options.shutdownGraceMs ?? 10_000) + (this.options.shutdownForceMs ?? 10_000),
    });
  }

  private shutDown(): void {
    if (this.isRunning) this.worker?.shutdown();
  }
}
