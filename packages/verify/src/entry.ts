import { hex, object, oneOf, parseCanonicalBytes, text, time } from './strict.js';

const readShape = object({ v: oneOf(1), tenant: text, type: text, at: time, payload: hex(32) }, { actor: text, request: text, subject: text });

export type LogEntry = ReturnType<typeof readShape>;

/**
 * The entry in a leaf's stored bytes.
 *
 * @throws VerifyFault NOT_CANONICAL or MALFORMED.
 */
export function readLogEntry(bytes: Buffer, where = 'entry'): LogEntry {
  return readShape(parseCanonicalBytes(bytes, where), where);
}
