export { canonicalBytes, canonicalText, digestOf, sha256Hex } from './canonical.js';
export { decodeEnvelope, encodeEnvelope, updateIdOf } from './envelope.js';
