import { requestsRpc, type RpcOutput } from '@countersign/contracts';
import { AppError } from '@countersign/domain';
import { Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';

import { RequirePermission } from '../auth/require-permission.decorator.js';
import type { RequestWithPerson } from '../auth/signed-in.js';
import { PIECE_BYTES, sendPieces } from '../http/piece-stream.js';
import { Services } from '../services.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
// A member that is not known could be a misspelt one, and without it the bundle holds more than was asked for.
const wish = requestsRpc['log.export'].input.strict();

function wishOf(req: RequestWithPerson) {
  if (!req.is('application/json')) throw new AppError('INVALID_INPUT', 'must be application/json', { field: 'Content-Type' });
  const parsed = wish.safeParse(req.body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.');
  throw new AppError('INVALID_INPUT', issue?.message ?? 'cannot be read', { field: field || 'body' });
}

/** Bundles for auditors: made, kept for ten minutes, fetched. */
@Controller('audit/exports')
export class AuditExportController {
  constructor(private readonly services: Services) {}

  @Post()
  @HttpCode(200)
  @RequirePermission('audit:read')
  make(@Req() req: RequestWithPerson): Promise<RpcOutput<typeof requestsRpc, 'log.export'>> {
    return this.services.requests.call('log.export', wishOf(req), req.signedIn?.caller.token ?? '');
  }

  @Get(':id')
  @RequirePermission('audit:read')
  async download(@Param('id') id: string, @Req() req: RequestWithPerson, @Res() res: Response): Promise<void> {
    if (!UUID.test(id)) throw new AppError('INVALID_INPUT', 'must be the id of an export', { field: 'id' });
    const token = req.signedIn?.caller.token ?? '';
    const read = (offset: number) => this.services.requests.call('log.exportRead', { id, offset, limit: PIECE_BYTES }, token);
    const first = await read(0);
    await sendPieces(res, { ...first, name: `countersign-audit-${id}.json`, mediaType: 'application/json' }, read);
  }
}
