import { AppError } from '@countersign/domain';
import { activityInfo } from '@temporalio/activity';

import type { Call } from './fence.js';

/** Run and activity id, from the activity's own execution info, never from an argument. */
export function currentCall(): Call {
  const { workflowExecution, activityId } = activityInfo();
  if (!workflowExecution) throw new AppError('RUN_SUPERSEDED', 'Only a run of the lifecycle may call this');
  const { workflowId, runId } = workflowExecution;
  return { run: { workflowId, runId }, key: `${runId}/${activityId}` };
}
