import { AppError } from '@countersign/domain';

/**
 * A place in one request's history: the version of its row and its last event. Both grow under the request's lock, so
 * nothing of one request can be committed behind a place that somebody has already seen.
 */
export type Place = { readonly version: number; readonly event: number };

const FORM = /^(\d{1,9})\.(\d{1,9})$/;

export const encodePlace = ({ version, event }: Place): string => `${version}.${event}`;

/** @throws AppError INVALID_INPUT for anything that `encodePlace` did not make. */
export function decodePlace(text: string): Place {
  const found = FORM.exec(text);
  if (!found) throw new AppError('INVALID_INPUT', 'This cursor is not one of ours', { field: 'after' });
  return { version: Number(found[1]), event: Number(found[2]) };
}
