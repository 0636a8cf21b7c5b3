import { type Checkpoint, checkpointBody, type KeyList, noteKeyHash, verifyCheckpoint, VerifyFault } from '@countersign/verify';

import type { Signer } from '../signing/signer.port.js';

/** A C2SP signed note in the log's own name. */
export async function signedNote(checkpoint: Checkpoint, signer: Signer): Promise<string> {
  const body = checkpointBody(checkpoint);
  const signature = await signer.sign(Buffer.from(body));
  const hinted = Buffer.concat([noteKeyHash(checkpoint.origin, signer.publicKey), signature]);
  return `${body}\n— ${checkpoint.origin} ${hinted.toString('base64')}\n`;
}

/** What a note of ours says; undefined where it is no note, no note of this log or not signed by a log key that is good for it. */
export function readNote(note: string, origin: string, keys: KeyList): Checkpoint | undefined {
  try {
    const checkpoint = verifyCheckpoint(note, keys);
    return checkpoint.origin === origin ? checkpoint : undefined;
  } catch (error) {
    if (error instanceof VerifyFault) return undefined;
    throw error;
  }
}
