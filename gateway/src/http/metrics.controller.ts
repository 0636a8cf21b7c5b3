import { AppError } from '@countersign/domain';
import { Refusals } from '@countersign/platform';
import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';

import { Public } from '../auth/public.decorator.js';

const EXPOSITION = 'text/plain; version=0.0.4; charset=utf-8';
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;

/** Whether somebody on this machine asks; what a proxy on it passes on comes from elsewhere. */
export function isFromHere({ remoteAddress, forwarded }: { readonly remoteAddress: string | undefined; readonly forwarded: boolean }): boolean {
  return !forwarded && LOOPBACK.test(remoteAddress ?? '');
}

/** For the collector beside the process; nobody else learns that there is anything. */
@Controller()
export class MetricsController {
  constructor(private readonly refusals: Refusals) {}

  @Get('metrics')
  @Public()
  metrics(@Req() req: Request, @Res() res: Response): void {
    const forwarded = req.headers['x-forwarded-for'] !== undefined || req.headers.forwarded !== undefined;
    if (!isFromHere({ remoteAddress: req.socket.remoteAddress, forwarded })) throw new AppError('NOT_FOUND', 'There is nothing at this address');
    res.setHeader('content-type', EXPOSITION);
    // Not send(): express would write the media type anew.
    res.end(this.refusals.text());
  }
}
