import { requestsRpc, type RpcOutput } from '@countersign/contracts';
import { type Caller, Rpc } from '@countersign/platform';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';

import { ErasureService } from '../erasure/erasure.service.js';
import { ExportService } from '../log/export.service.js';
import { LogService } from '../log/log.service.js';
import { KeysService } from '../signing/keys.service.js';

type Input<Name extends keyof typeof requestsRpc> = z.output<(typeof requestsRpc)[Name]['input']>;
type Output<Name extends keyof typeof requestsRpc> = Promise<RpcOutput<typeof requestsRpc, Name>>;

@Controller()
export class IntegrityController {
  constructor(
    private readonly keys: KeysService,
    private readonly log: LogService,
    private readonly exports: ExportService,
    private readonly erasures: ErasureService,
  ) {}

  @Rpc(requestsRpc, 'keys.list')
  list(): Output<'keys.list'> {
    return this.keys.list();
  }

  @Rpc(requestsRpc, 'keys.rotate')
  rotate(caller: Caller, input: Input<'keys.rotate'>): Output<'keys.rotate'> {
    return this.keys.rotate(caller, input);
  }

  @Rpc(requestsRpc, 'keys.revoke')
  revoke(caller: Caller, input: Input<'keys.revoke'>): Output<'keys.revoke'> {
    return this.keys.revoke(caller, input);
  }

  @Rpc(requestsRpc, 'keys.publish')
  publish(caller: Caller, input: Input<'keys.publish'>): Output<'keys.publish'> {
    return this.keys.accept(caller, input);
  }

  @Rpc(requestsRpc, 'log.status')
  status(caller: Caller): Output<'log.status'> {
    return this.log.status(caller);
  }

  @Rpc(requestsRpc, 'log.recover')
  recover(caller: Caller): Output<'log.recover'> {
    return this.log.recover(caller);
  }

  @Rpc(requestsRpc, 'log.export')
  export(caller: Caller, input: Input<'log.export'>): Output<'log.export'> {
    return this.exports.make(caller, input);
  }

  @Rpc(requestsRpc, 'erasure.erase')
  erase(caller: Caller, input: Input<'erasure.erase'>): Output<'erasure.erase'> {
    return this.erasures.erase(caller, input);
  }

  @Rpc(requestsRpc, 'log.exportRead')
  read(caller: Caller, input: Input<'log.exportRead'>): Output<'log.exportRead'> {
    return this.exports.read(caller, input);
  }
}
