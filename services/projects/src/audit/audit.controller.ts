import { projectsRpc, type RpcInput, type RpcOutput } from '@countersign/contracts';
import { type Caller, Rpc } from '@countersign/platform';
import { Controller } from '@nestjs/common';

import { AuditTrail } from './audit-trail.service.js';

@Controller()
export class AuditController {
  constructor(private readonly trail: AuditTrail) {}

  @Rpc(projectsRpc, 'audit.payloads')
  payloads(_caller: Caller, { tenantId, ids }: RpcInput<typeof projectsRpc, 'audit.payloads'>): Promise<RpcOutput<typeof projectsRpc, 'audit.payloads'>> {
    return this.trail.payloads(tenantId, ids);
  }
}
