import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

import canonicalize from 'canonicalize';

import { type Checkpoint, checkpointBody, noteKeyHash } from '../checkpoint.js';
import { keyIdOf, preAuthEncoding } from '../envelope.js';
import { sha256 } from '../strict.js';

export type KeyPair = { readonly id: string; readonly publicKey: Buffer; readonly privateKey: KeyObject };

const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The Ed25519 key of this seed (RFC 8032); a name makes a seed of its own. */
export function aKeyPair(seed: Buffer | string): KeyPair {
  const bytes = typeof seed === 'string' ? sha256(Buffer.from(seed)) : seed;
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8, bytes]), format: 'der', type: 'pkcs8' });
  const publicKey = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '', 'base64url');
  return { id: keyIdOf(publicKey), publicKey, privateKey };
}

export function canonical(value: unknown): string {
  return canonicalize(value) ?? '';
}

/** The stored text of an envelope, signed. */
export function sealed(payloadType: string, value: unknown, key: KeyPair, keyid = key.id): string {
  const payload = Buffer.from(canonical(value));
  const sig = sign(null, preAuthEncoding(payloadType, payload), key.privateKey).toString('base64');
  return canonical({ payload: payload.toString('base64'), payloadType, signatures: [{ keyid, sig }] });
}

/** A checkpoint as a C2SP signed note. */
export function noteOf(checkpoint: Checkpoint, key: KeyPair): string {
  const body = checkpointBody(checkpoint);
  const bytes = Buffer.concat([noteKeyHash(checkpoint.origin, key.publicKey), sign(null, Buffer.from(body), key.privateKey)]);
  return `${body}\n— ${checkpoint.origin} ${bytes.toString('base64')}\n`;
}
