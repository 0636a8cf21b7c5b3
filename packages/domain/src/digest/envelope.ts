import { PAYLOAD_TYPE, type DecisionStatement, type Envelope } from '../decisions.js';
import { AppError } from '../errors.js';
import { canonicalBytes, canonicalText, sha256Hex } from './canonical.js';

/** The stored form of a statement: the RFC 8785 text of a DSSE envelope with no signature yet. */
export function encodeEnvelope(statement: unknown): string {
  const envelope: Envelope = {
    payloadType: PAYLOAD_TYPE,
    payload: canonicalBytes(statement).toString('base64'),
    signatures: [],
  };
  return canonicalText(envelope);
}

/**
 * Reads a decision back from its stored text.
 *
 * @throws AppError VOTE_MISMATCH where the text is not exactly what `encodeEnvelope` writes.
 */
export function decodeEnvelope(text: string): DecisionStatement {
  try {
    const envelope = JSON.parse(text) as Envelope;
    const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8')) as DecisionStatement;
    if (encodeEnvelope(statement) === text) return statement;
  } catch (cause) {
    throw new AppError('VOTE_MISMATCH', 'The envelope cannot be read', { cause });
  }
  throw new AppError('VOTE_MISMATCH', 'The envelope is not in its canonical form');
}

/** Update id of a stored decision: not guessable (the payload holds a nonce) and the same on every re-send. */
export function updateIdOf(envelope: string): string {
  return `decision:${sha256Hex(envelope)}`;
}
