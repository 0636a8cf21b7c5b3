import type { requestsRpc, RpcOutput } from '@countersign/contracts';
import type { Caller } from '@countersign/platform';

import type { AccessService } from '../people/access.service.js';
import { requirePermission } from '../people/access.service.js';
import type { LogReader } from './log-reader.js';
import type { LogRecovery } from './log-recovery.js';

type Status = RpcOutput<typeof requestsRpc, 'log.status'>;
type Recovered = RpcOutput<typeof requestsRpc, 'log.recover'>;

const NO_LOG: Status = { origin: null, size: 0, at: null, checkpoint: null, broken: null };

/** A tenant's transparency log, for its people. */
export class LogService {
  constructor(private readonly deps: { readonly access: AccessService; readonly reader: LogReader; readonly recovery: Pick<LogRecovery, 'recover'> }) {}

  async status(caller: Caller): Promise<Status> {
    const { access, reader } = this.deps;
    const { viewer } = await access.visitor(caller);
    requirePermission(viewer, 'audit:read');
    const [found, checkpoint] = [await reader.status(viewer.tenantId), await reader.checkpoint(viewer.tenantId)];
    if (!found) return NO_LOG;
    const { origin, size, at, broken } = found;
    return { origin, size, at: at?.toISOString() ?? null, checkpoint: checkpoint?.note ?? null, broken: broken && { ...broken, at: broken.at.toISOString() } };
  }

  /** The account of what was lost is the first entry of the next log. @throws AppError REPAIR_NOT_NEEDED. */
  async recover(caller: Caller): Promise<Recovered> {
    const { access, recovery } = this.deps;
    const { viewer } = await access.visitor(caller);
    requirePermission(viewer, 'log:manage');
    const { origin, size, account } = await recovery.recover(viewer.tenantId, viewer.personId);
    return { origin, lost: account.lost.length, entered: size };
  }
}
