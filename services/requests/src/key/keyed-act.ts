import { AppError } from '@countersign/domain';
import { digestOf } from '@countersign/domain/digest';

/** As long as the gateway remembers an answer: afterwards the same key means a new act. */
const REMEMBERED_MS = 24 * 60 * 60 * 1000;

/** What a row keeps of the call that made it; both null where the caller gave no key. */
export type KeyStamp = { readonly idempotencyKey: string | null; readonly idempotencyDigest: string | null };

/** A key is one person's own. A row made before `since` no longer holds it. */
export type KeyScope = { readonly tenantId: string; readonly personId: string; readonly key: string; readonly since: Date };

export function stampOf({ key, ...act }: { readonly key?: string | undefined }): KeyStamp {
  return key === undefined ? { idempotencyKey: null, idempotencyDigest: null } : { idempotencyKey: key, idempotencyDigest: digestOf(act) };
}

/** Where to look for an earlier call; undefined where the caller gave no key. */
export function keyScope(
  { tenantId, personId }: { readonly tenantId: string; readonly personId: string },
  { idempotencyKey: key }: KeyStamp,
  now: Date,
): KeyScope | undefined {
  return key === null ? undefined : { tenantId, personId, key, since: new Date(now.getTime() - REMEMBERED_MS) };
}

/** The stored row was made by this very input. */
export function isSameAct(stored: KeyStamp, asked: KeyStamp): boolean {
  return stored.idempotencyDigest === asked.idempotencyDigest;
}

export function keyMismatch(): AppError {
  return new AppError('IDEMPOTENCY_MISMATCH', 'This key was used for another operation', { field: 'Idempotency-Key' });
}
