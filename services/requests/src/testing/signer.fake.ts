import { generateKeyPairSync, sign } from 'node:crypto';

import { keyIdOf, type KeyList, type Revocation } from '@countersign/verify';

import { listed } from '../signing/key-ring.js';
import type { Signer } from '../signing/signer.port.js';

const EPOCH = '1970-01-01T00:00:00.000Z';

/** A real key that lives in memory only. */
export function aSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  return { keyId: keyIdOf(raw), publicKey: raw, sign: (bytes) => Promise.resolve(sign(null, bytes, privateKey)) };
}

/** A list of one decision key, as it is once its root signature was verified. */
export function aKeyList(signer: Signer, revoked: Revocation | null = null): KeyList {
  return { v: 1, number: 1, at: EPOCH, root: Buffer.alloc(32).toString('base64'), keys: [{ ...listed(signer, 'decision', EPOCH), revoked }] };
}
