import { PAYLOAD_TYPE } from '@countersign/domain';
import { canonicalBytes, canonicalText } from '@countersign/domain/digest';
import { type KEY_LIST_TYPE, preAuthEncoding } from '@countersign/verify';

import type { Signer } from './signer.port.js';

/** The stored text of a document: a DSSE envelope with one signature over its type and its RFC 8785 bytes. */
export async function sealed(document: unknown, signer: Signer, payloadType: typeof PAYLOAD_TYPE | typeof KEY_LIST_TYPE = PAYLOAD_TYPE): Promise<string> {
  const payload = canonicalBytes(document);
  const signature = await signer.sign(preAuthEncoding(payloadType, payload));
  return canonicalText({
    payloadType,
    payload: payload.toString('base64'),
    signatures: [{ keyid: signer.keyId, sig: signature.toString('base64') }],
  });
}
