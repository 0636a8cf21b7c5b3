import { randomBytes } from 'node:crypto';

/** Crockford's alphabet: no i, l, o, u, so that an id can be read aloud. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** 12 characters, 60 random bits. */
export function newRequestId(): string {
  return [...randomBytes(12)].map((byte) => ALPHABET[byte % 32]).join('');
}
