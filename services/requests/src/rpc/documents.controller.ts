import { requestsRpc, type RpcOutput } from '@countersign/contracts';
import { type Caller, Rpc } from '@countersign/platform';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';

import { DocumentService } from '../document/document.service.js';

type Input<Name extends keyof typeof requestsRpc> = z.output<(typeof requestsRpc)[Name]['input']>;
type Output<Name extends keyof typeof requestsRpc> = Promise<RpcOutput<typeof requestsRpc, Name>>;

@Controller()
export class DocumentsController {
  constructor(private readonly documents: DocumentService) {}

  @Rpc(requestsRpc, 'requests.document')
  document(caller: Caller, input: Input<'requests.document'>): Output<'requests.document'> {
    return this.documents.document(caller, input);
  }

  @Rpc(requestsRpc, 'requests.subject')
  subject(caller: Caller, input: Input<'requests.subject'>): Output<'requests.subject'> {
    return this.documents.subject(caller, input);
  }

  @Rpc(requestsRpc, 'requests.log')
  log(caller: Caller, input: Input<'requests.log'>): Output<'requests.log'> {
    return this.documents.log(caller, input);
  }

  @Rpc(requestsRpc, 'artifacts.read')
  artifact(caller: Caller, input: Input<'artifacts.read'>): Output<'artifacts.read'> {
    return this.documents.artifact(caller, input);
  }
}
