import type { requestsRpc } from '@countersign/contracts';
import type { Evidence } from '@countersign/domain';
import type { ServiceRpc } from '@countersign/platform';
import type { ApprovalEvidencePort, RunRef } from '@countersign/workflow-contracts';

import { judgeEvidence } from './judge-evidence.js';
import type { PinnedKeys } from './pinned-keys.js';

/** Reads what is stored and verifies it here, in the process that is about to act. */
export class RpcApprovalEvidence implements ApprovalEvidencePort {
  constructor(
    private readonly requests: ServiceRpc<typeof requestsRpc>,
    private readonly keys: PinnedKeys,
  ) {}

  /** @throws AppError KEYS_REFUSED besides what the call throws. */
  async read(requestId: string, run: RunRef): Promise<Evidence> {
    const stored = await this.requests.call('activity.evidence', { requestId, run });
    return judgeEvidence(stored, await this.keys.accept(stored.keys));
  }
}
