import { AppError } from '@countersign/domain';
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { Response } from 'express';

import { RequirePermission } from '../auth/require-permission.decorator.js';
import type { RequestWithPerson } from '../auth/signed-in.js';
import { Services } from '../services.js';
import { PIECE_BYTES, sendPieces } from './piece-stream.js';

const SHA256 = /^[0-9a-f]{64}$/;

@Controller('artifacts')
export class ArtifactController {
  constructor(private readonly services: Services) {}

  @Get(':sha256')
  @RequirePermission('request:read')
  async download(@Param('sha256') sha256: string, @Req() req: RequestWithPerson, @Res() res: Response): Promise<void> {
    if (!SHA256.test(sha256)) throw new AppError('INVALID_INPUT', 'must be 64 lower-case hex characters', { field: 'sha256' });
    const token = req.signedIn?.caller.token ?? '';
    const read = (offset: number) =>
      this.services.requests.call('artifacts.read', { sha256, offset, limit: PIECE_BYTES }, token);
    await sendPieces(res, await read(0), read);
  }
}
