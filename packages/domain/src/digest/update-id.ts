import { sha256Hex } from './canonical.js';

/** Update id of a stored decision: not guessable (the payload holds a nonce) and the same on every re-send. */
export function updateIdOf(envelope: string): string {
  return `decision:${sha256Hex(envelope)}`;
}
