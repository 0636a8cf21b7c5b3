import { createPublicKey } from 'node:crypto';

import { malformed } from './strict.js';

/**
 * The raw 32 bytes in a public key file: PEM (SPKI), or one line of base64.
 *
 * @throws VerifyFault MALFORMED.
 */
export function readRootKey(file: string): Uint8Array {
  const line = file.trim();
  const raw = line.startsWith('-----BEGIN PUBLIC KEY-----') ? fromPem(line) : Buffer.from(line, 'base64');
  if (raw.length === 32 && (line.startsWith('-') || raw.toString('base64') === line)) return raw;
  return malformed('root key', 'is neither an Ed25519 public key in PEM nor its 32 bytes in one line of base64');
}

function fromPem(pem: string): Buffer {
  try {
    return Buffer.from(createPublicKey(pem).export({ format: 'jwk' }).x ?? '', 'base64url');
  } catch {
    return Buffer.alloc(0);
  }
}
