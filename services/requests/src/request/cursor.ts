import { AppError } from '@countersign/domain';

import type { Cursor } from './request-list.repository.js';

const invalid = (): AppError => new AppError('INVALID_INPUT', 'This cursor is not one of ours', { field: 'after' });

export function encodeCursor({ at, id }: Cursor): string {
  return Buffer.from(JSON.stringify([at.getTime(), id])).toString('base64url');
}

/** @throws AppError INVALID_INPUT for anything that `encodeCursor` did not make. */
export function decodeCursor(text: string): Cursor {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    throw invalid();
  }
  const [at, id] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
  if (!Number.isSafeInteger(at) || typeof id !== 'string' || id.includes('\0') || Math.abs(Number(at)) > 8e15) throw invalid();
  return { at: new Date(Number(at)), id };
}

/** The audit trail's cursor is the last entry's number. */
export function decodeNumber(text: string): string {
  if (!/^\d{1,18}$/.test(text)) throw invalid();
  return text;
}
