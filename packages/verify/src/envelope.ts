import { createPublicKey, verify } from 'node:crypto';

import { preAuthEncoding as encode } from '@sigstore/core/dist/dsse.js';

import { base64, list, malformed, object, parseCanonical, sha256, text as nonEmpty } from './strict.js';

/** A DSSE envelope whose form was checked; whose key it is and whether the signature holds is not. */
export type OpenedEnvelope = {
  readonly payloadType: string;
  readonly payload: Buffer;
  readonly keyid: string;
  readonly signature: Buffer;
};

const readEnvelope = object({
  payload: base64(),
  payloadType: nonEmpty,
  signatures: list(object({ keyid: nonEmpty, sig: base64(64) }), 1, 1),
});

/**
 * Opens the stored text of an envelope: its own RFC 8785 form, exactly one signature.
 *
 * @throws VerifyFault NOT_CANONICAL or MALFORMED.
 */
export function openEnvelope(text: string, where = 'envelope'): OpenedEnvelope {
  const { payload, payloadType, signatures } = readEnvelope(parseCanonical(text, where), where);
  const [signature] = signatures;
  if (!signature) return malformed(where, 'has no signature');
  return { payloadType, payload, keyid: signature.keyid, signature: signature.sig };
}

/** What a DSSE signature covers. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  return encode(payloadType, Buffer.from(payload));
}

/** RFC 7638 thumbprint of an Ed25519 key (RFC 8037), base64url. */
export function keyIdOf(publicKey: Uint8Array): string {
  const x = Buffer.from(publicKey).toString('base64url');
  return sha256(Buffer.from(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`)).toString('base64url');
}

/** Ed25519 over `data` by a raw 32-byte key; false for a key of another length. */
export function isSignature(data: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const x = Buffer.from(publicKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, data, key, signature);
}

export function isSignedBy(envelope: OpenedEnvelope, publicKey: Uint8Array): boolean {
  return isSignature(preAuthEncoding(envelope.payloadType, envelope.payload), envelope.signature, publicKey);
}
