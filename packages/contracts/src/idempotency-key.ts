import { z } from 'zod';

export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;
export const IDEMPOTENCY_KEY_FORM = 'must be 1 to 200 printable ASCII characters';

/** A caller's `Idempotency-Key`. It is the calling person's own: another person's same key is another one. */
export const idempotencyKey = z.string().regex(IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_FORM);
