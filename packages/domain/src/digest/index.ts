export { canonicalBytes, canonicalText, digestOf, sha256Hex } from './canonical.js';
export { updateIdOf } from './update-id.js';
