import { randomUUID } from 'node:crypto';

import { connectTemporal, createLogger, installRuntime, type TemporalHandle, WorkerHost } from '@countersign/platform';
import { QUEUES, SEARCH_ATTRIBUTES } from '@countersign/workflow-contracts';

import { bundleLifecycle } from '../../../workflows/delivery/src/testing/bundle.js';

const RETENTION = { seconds: 86_400 as never };
/** As Temporal numbers its types. */
const [KEYWORD, DATETIME] = [2, 6];
const logger = createLogger('test', 'silent');

let bundle: ReturnType<typeof bundleLifecycle> | undefined;

/** Lifecycles on the tests' own Temporal, in a namespace of their own: nobody else's workers share their queues. */
export class OwnEngine {
  private readonly hosts: WorkerHost[] = [];

  private constructor(
    private readonly address: string,
    readonly namespace: string,
    readonly handle: TemporalHandle,
  ) {}

  static async open(): Promise<OwnEngine> {
    installRuntime(logger);
    const address = process.env['TEMPORAL_ADDRESS'] ?? '';
    const namespace = `tamper-${randomUUID()}`;
    const handle = connectTemporal({ address, namespace });
    await handle.connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: RETENTION });
    const searchAttributes = Object.fromEntries(Object.values(SEARCH_ATTRIBUTES).map((name) => [name, name === SEARCH_ATTRIBUTES.deadline ? DATETIME : KEYWORD]));
    await handle.connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    return new OwnEngine(address, namespace, handle);
  }

  /** Workers of the lifecycle and of these activities, by queue. */
  async serve(queues: Readonly<Record<string, object>>): Promise<void> {
    const on = { address: this.address, namespace: this.namespace, logger };
    const workflowBundle = await (bundle ??= bundleLifecycle('packages/testing/tamper/any-update.workflow.ts'));
    this.hosts.push(new WorkerHost({ ...on, taskQueue: QUEUES.delivery, activities: {}, workflowBundle }));
    for (const [taskQueue, activities] of Object.entries(queues)) this.hosts.push(new WorkerHost({ ...on, taskQueue, activities }));
    await Promise.all(this.hosts.map((host) => host.start()));
  }

  /** The updates that are in the history of a workflow's newest run: what each was sent under, and with. */
  async updatesOf(workflowId: string): Promise<readonly { readonly updateId: string; readonly args: string }[]> {
    const { events } = await this.handle.client.workflow.getHandle(workflowId).fetchHistory();
    return (events ?? []).flatMap(({ workflowExecutionUpdateAcceptedEventAttributes: accepted }) => {
      const request = accepted?.acceptedRequest;
      const args = (request?.input?.args?.payloads ?? []).map(({ data }) => Buffer.from(data ?? []).toString()).join();
      return request ? [{ updateId: request.meta?.updateId ?? '', args }] : [];
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.stop()));
    await this.handle.close();
  }
}
