import { requestsRpc, type RpcOutput } from '@countersign/contracts';
import { type Caller, Rpc } from '@countersign/platform';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';

import { LiveService } from '../live/live.service.js';

type Input<Name extends keyof typeof requestsRpc> = z.output<(typeof requestsRpc)[Name]['input']>;
type Output<Name extends keyof typeof requestsRpc> = Promise<RpcOutput<typeof requestsRpc, Name>>;

@Controller()
export class LiveController {
  constructor(private readonly live: LiveService) {}

  @Rpc(requestsRpc, 'live.feed')
  feed(_caller: Caller, input: Input<'live.feed'>): Output<'live.feed'> {
    return this.live.feed(input);
  }

  @Rpc(requestsRpc, 'live.changes')
  changes(caller: Caller, input: Input<'live.changes'>): Output<'live.changes'> {
    return this.live.changes(caller, input);
  }

  @Rpc(requestsRpc, 'live.logAppended')
  logAppended(_caller: Caller, { requestId }: Input<'live.logAppended'>): Output<'live.logAppended'> {
    return this.live.logAppended(requestId);
  }
}
