import type { requestsRpc } from '@countersign/contracts';
import type { Evidence } from '@countersign/domain';
import type { ServiceRpc } from '@countersign/platform';
import type { ApprovalEvidencePort, RunRef } from '@countersign/workflow-contracts';

export class RpcApprovalEvidence implements ApprovalEvidencePort {
  constructor(private readonly requests: ServiceRpc<typeof requestsRpc>) {}

  read(requestId: string, run: RunRef): Promise<Evidence> {
    return this.requests.call('activity.evidence', { requestId, run });
  }
}
