import { requestsRpc, type RpcOutput } from '@countersign/contracts';
import { type Caller, Rpc } from '@countersign/platform';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';

import { AuditService } from '../audit/audit.service.js';
import { DecideService } from '../decision/decide.service.js';
import { RepairService } from '../repair/repair.service.js';
import { RequestService } from '../request/request.service.js';
import { WordService } from '../word/word.service.js';

type Input<Name extends keyof typeof requestsRpc> = z.output<(typeof requestsRpc)[Name]['input']>;
type Output<Name extends keyof typeof requestsRpc> = Promise<RpcOutput<typeof requestsRpc, Name>>;

/** What people ask and say; each service authorises for itself. */
@Controller()
export class RequestsController {
  constructor(
    private readonly requests: RequestService,
    private readonly decisions: DecideService,
    private readonly words: WordService,
    private readonly repairs: RepairService,
    private readonly trail: AuditService,
  ) {}

  @Rpc(requestsRpc, 'requests.create')
  create(caller: Caller, input: Input<'requests.create'>): Output<'requests.create'> {
    return this.requests.create(caller, input);
  }

  @Rpc(requestsRpc, 'requests.list')
  list(caller: Caller, input: Input<'requests.list'>): Output<'requests.list'> {
    return this.requests.list(caller, input);
  }

  @Rpc(requestsRpc, 'requests.inbox')
  inbox(caller: Caller, _input: Input<'requests.inbox'>): Output<'requests.inbox'> {
    return this.requests.inbox(caller);
  }

  @Rpc(requestsRpc, 'requests.get')
  get(caller: Caller, { id }: Input<'requests.get'>): Output<'requests.get'> {
    return this.requests.get(caller, id);
  }

  @Rpc(requestsRpc, 'requests.decide')
  decide(caller: Caller, input: Input<'requests.decide'>): Output<'requests.decide'> {
    return this.decisions.decide(caller, input);
  }

  @Rpc(requestsRpc, 'requests.word')
  word(caller: Caller, input: Input<'requests.word'>): Output<'requests.word'> {
    return this.words.word(caller, input);
  }

  @Rpc(requestsRpc, 'requests.budgetSubject')
  budgetSubject(caller: Caller, input: Input<'requests.budgetSubject'>): Output<'requests.budgetSubject'> {
    return this.words.budgetSubject(caller, input);
  }

  @Rpc(requestsRpc, 'requests.repair')
  repair(caller: Caller, { id }: Input<'requests.repair'>): Output<'requests.repair'> {
    return this.repairs.repair(caller, id);
  }

  @Rpc(requestsRpc, 'requests.audit')
  audit(caller: Caller, input: Input<'requests.audit'>): Output<'requests.audit'> {
    return this.trail.page(caller, input);
  }
}
