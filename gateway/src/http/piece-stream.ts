import { once } from 'node:events';

import type { Response } from 'express';

export type FirstPiece = {
  readonly base64: string;
  /** Of the whole. */
  readonly bytes: number;
  readonly name: string;
  readonly mediaType: string;
};

export const PIECE_BYTES = 512 * 1024;
const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+(; ?charset=[\w-]+)?$/;

/** A name for the disk: quotes, control characters and separators could leave the header or the folder. */
function attachment(name: string): string {
  const plain = name.replace(/[^\w.-]/g, '_').slice(0, 200) || 'artifact';
  return `attachment; filename="${plain}"`;
}

/** Answers with a file that no browser runs, piece by piece: it may be larger than memory or one message. */
export async function sendPieces(res: Response, first: FirstPiece, read: (offset: number) => Promise<{ readonly base64: string }>): Promise<void> {
  res.setHeader('content-type', MEDIA_TYPE.test(first.mediaType) ? first.mediaType : 'application/octet-stream');
  res.setHeader('content-length', first.bytes);
  res.setHeader('content-disposition', attachment(first.name));
  res.setHeader('content-security-policy', "sandbox; default-src 'none'");
  let piece = Buffer.from(first.base64, 'base64');
  let sent = 0;
  while (sent < first.bytes) {
    // A short body makes the client's download fail, where a padded one would look whole.
    if (piece.length === 0 || sent + piece.length > first.bytes) return void res.destroy();
    if (!res.write(piece) && !res.destroyed) await Promise.race([once(res, 'drain'), once(res, 'close')]);
    if (res.destroyed) return;
    sent += piece.length;
    if (sent < first.bytes) piece = Buffer.from((await read(sent)).base64, 'base64');
  }
  res.end();
}
