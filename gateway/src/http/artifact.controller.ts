import { once } from 'node:events';

import { AppError } from '@countersign/domain';
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { Response } from 'express';

import { RequirePermission } from '../auth/require-permission.decorator.js';
import type { RequestWithPerson } from '../auth/signed-in.js';
import { Services } from '../services.js';

const SHA256 = /^[0-9a-f]{64}$/;
const PIECE_BYTES = 512 * 1024;
const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+(; ?charset=[\w-]+)?$/;

/** A name for the disk: quotes, control characters and separators could leave the header or the folder. */
function attachment(name: string): string {
  const plain = name.replace(/[^\w.-]/g, '_').slice(0, 200) || 'artifact';
  return `attachment; filename="${plain}"`;
}

@Controller('artifacts')
export class ArtifactController {
  constructor(private readonly services: Services) {}

  /** Streams in pieces: an artifact may be larger than memory or one message. */
  @Get(':sha256')
  @RequirePermission('request:read')
  async download(@Param('sha256') sha256: string, @Req() req: RequestWithPerson, @Res() res: Response): Promise<void> {
    if (!SHA256.test(sha256)) throw new AppError('INVALID_INPUT', 'must be 64 lower-case hex characters', { field: 'sha256' });
    const token = req.signedIn?.caller.token ?? '';
    const read = (offset: number) =>
      this.services.requests.call('artifacts.read', { sha256, offset, limit: PIECE_BYTES }, token);

    const first = await read(0);
    res.setHeader('content-type', MEDIA_TYPE.test(first.mediaType) ? first.mediaType : 'application/octet-stream');
    res.setHeader('content-length', first.bytes);
    res.setHeader('content-disposition', attachment(first.name));
    res.setHeader('content-security-policy', "sandbox; default-src 'none'");
    await this.send(first.base64, first.bytes, read, res);
  }

  private async send(
    first: string,
    total: number,
    read: (offset: number) => Promise<{ base64: string }>,
    res: Response,
  ): Promise<void> {
    let piece = Buffer.from(first, 'base64');
    let sent = 0;
    while (sent < total) {
      // A short body makes the client's download fail, where a padded one would look whole.
      if (piece.length === 0 || sent + piece.length > total) return void res.destroy();
      if (!res.write(piece) && !res.destroyed) await Promise.race([once(res, 'drain'), once(res, 'close')]);
      if (res.destroyed) return;
      sent += piece.length;
      if (sent < total) piece = Buffer.from((await read(sent)).base64, 'base64');
    }
    res.end();
  }
}
