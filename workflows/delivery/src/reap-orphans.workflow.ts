import { ACTIVITY_POLICIES, fromNamespace, QUEUES, type SandboxActivities } from '@countersign/workflow-contracts';
import { proxyActivities } from '@temporalio/workflow';

const sandbox = fromNamespace<SandboxActivities>('sandbox', proxyActivities({ ...ACTIVITY_POLICIES.undo, taskQueue: QUEUES.sandbox }));

/** Started by a schedule: finds what a terminated lifecycle left behind. */
export async function reapOrphans(): Promise<{ readonly containers: number; readonly workspaces: number }> {
  return sandbox.reap();
}
