import type { requestsRpc, RpcOutput } from '@countersign/contracts';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';

import { Public } from '../auth/public.decorator.js';

/** The newest list of keys, asked of services/requests as the gateway itself. */
export interface KeyListSource {
  newest(): Promise<RpcOutput<typeof requestsRpc, 'keys.list'>>;
}

export const KEY_LISTS = Symbol('key-lists');

@Controller('.well-known')
export class KeyListController {
  constructor(@Inject(KEY_LISTS) private readonly lists: KeyListSource) {}

  /** For auditors, who have no account: the text that the root key signed, to the byte. */
  @Get('countersign-keys.json')
  @Public()
  async keys(@Res() res: Response): Promise<void> {
    const { envelope } = await this.lists.newest();
    res.setHeader('cache-control', 'public, max-age=60');
    res.type('application/json').send(envelope);
  }
}
