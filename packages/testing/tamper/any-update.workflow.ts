import type { RequestLifecycleInput, RequestLifecycleResult } from '@countersign/workflow-contracts';

import { lifecycle, requestLifecycle } from '../../../workflows/delivery/src/request-lifecycle.workflow.js';
import { allow } from './allow.js';

export { requestLifecycle };

/** The lifecycle as it is, but for what refuses an update. */
export async function anyUpdateLifecycle(input: RequestLifecycleInput): Promise<RequestLifecycleResult> {
  return lifecycle(input, { faultOf: allow(undefined) });
}
