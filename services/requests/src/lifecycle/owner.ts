import { type RunRef, workflowIdOf } from '@countersign/workflow-contracts';

import type { RequestEntity } from '../request/request.entity.js';

/** The one run that may act for a request. */
export function isOwner(row: Pick<RequestEntity, 'id' | 'ownerWorkflowId' | 'ownerRunId'>, run: RunRef): boolean {
  return run.workflowId === workflowIdOf(row.id) && row.ownerWorkflowId === run.workflowId && row.ownerRunId === run.runId;
}
