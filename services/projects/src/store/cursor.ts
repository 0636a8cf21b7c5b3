import { AppError } from '@countersign/domain';

/** An opaque place in a list, made from the last item's sort keys. */
export function toCursor(keys: readonly string[]): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url');
}

/** @throws AppError INVALID_INPUT for anything that `toCursor` did not make. */
export function fromCursor(cursor: string, length: number): readonly string[] {
  const keys = parsed(cursor);
  const isOurs = Array.isArray(keys) && keys.length === length && keys.every((key) => typeof key === 'string' && !key.includes('\0') && key.isWellFormed());
  if (!isOurs) throw new AppError('INVALID_INPUT', 'after: must be a cursor of this list', { field: 'after' });
  return keys as readonly string[];
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
