import { AppError } from '@countersign/domain';
import type { RunRef } from '@countersign/workflow-contracts';
import { Context } from '@temporalio/activity';

/** The activity that is running at the call. Who it acts for is what Temporal says, never an argument. */
export const currentActivity = {
  run(): RunRef {
    const { workflowExecution } = Context.current().info;
    if (!workflowExecution) throw new AppError('FORBIDDEN', 'This activity acts for a workflow only');
    return { workflowId: workflowExecution.workflowId, runId: workflowExecution.runId };
  },
  signal(): AbortSignal {
    return Context.current().cancellationSignal;
  },
  heartbeat(details?: unknown): void {
    Context.current().heartbeat(details);
  },
} as const;
