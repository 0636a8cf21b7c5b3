import { isSignature } from './envelope.js';
import { VerifyFault } from './fault.js';
import { keyFault, type KeyList } from './key-list.js';
import { refuseKey } from './statement.js';
import { base64, malformed, sha256 } from './strict.js';

/** The head of a log: its name, how many entries it has and their root hash. */
export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: Buffer };

export type OpenedNote = {
  /** What the signature covers: three lines, each with its line end. */
  readonly body: string;
  readonly name: string;
  readonly keyHash: Buffer;
  readonly signature: Buffer;
  readonly checkpoint: Checkpoint;
};

const ED25519 = 1;
const NOTE = /^([^\n]+)\n(0|[1-9][0-9]*)\n([^\n]+)\n\n— ([^\n ]+) ([^\n ]+)\n$/;
/** `<origin of the installation>/log/<tenant id>/<n>`, printable, without space and `+`. */
const ORIGIN = /^[!-*,-~]+\/log\/([!-*,-.0-~]+)\/[1-9][0-9]*$/;

export function checkpointBody({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
}

/** C2SP signed note: the four bytes that hint at the key. */
export function noteKeyHash(name: string, publicKey: Uint8Array): Buffer {
  return sha256(Buffer.from(`${name}\n`), Buffer.of(ED25519), publicKey).subarray(0, 4);
}

/** The tenant that a log's origin names. */
export function tenantOf(origin: string, where = 'origin'): string {
  return ORIGIN.exec(origin)?.[1] ?? malformed(where, 'does not have the form <origin>/log/<tenant>/<n>');
}

/**
 * Opens a checkpoint: three lines, a blank one, exactly one signature line in the log's own name.
 *
 * @throws VerifyFault MALFORMED.
 */
export function openNote(note: string, where = 'checkpoint'): OpenedNote {
  const [, origin = '', digits = '', hash, name = '', sealed] = NOTE.exec(note) ?? malformed(where, 'is not a checkpoint with exactly one signature line');
  if (name !== origin) malformed(where, 'is signed in another name than its origin');
  tenantOf(origin, where);
  const size = Number(digits);
  if (!Number.isSafeInteger(size)) malformed(where, 'has a size that is too large');
  const checkpoint = { origin, size, root: base64(32)(hash, where) };
  const bytes = base64(68)(sealed, where);
  return { body: checkpointBody(checkpoint), name, keyHash: bytes.subarray(0, 4), signature: bytes.subarray(4), checkpoint };
}

export function isNoteSignedBy(note: Omit<OpenedNote, 'checkpoint'>, publicKey: Uint8Array): boolean {
  return noteKeyHash(note.name, publicKey).equals(note.keyHash) && isSignature(Buffer.from(note.body), note.signature, publicKey);
}

/**
 * The checkpoint in a note that a listed log key signed.
 *
 * @throws VerifyFault naming what does not hold.
 */
export function verifyCheckpoint(note: string, keys: KeyList, where = 'checkpoint'): Checkpoint {
  const opened = openNote(note, where);
  const { origin, size } = opened.checkpoint;
  const hinted = keys.keys.filter(({ public: key }) => noteKeyHash(opened.name, Buffer.from(key, 'base64')).equals(opened.keyHash));
  if (hinted.length === 0) return refuseKey('KEY_UNKNOWN', opened.keyHash.toString('hex'), where);
  const signer = hinted.find(({ public: key }) => isNoteSignedBy(opened, Buffer.from(key, 'base64')));
  if (!signer) throw new VerifyFault('SIGNATURE_INVALID', where, `${where} does not have the signature of the key that it names`);
  // A checkpoint of size n covers the entries up to n - 1.
  const fault = keyFault(keys, signer.id, { purpose: 'log', origin, index: size - 1 });
  return fault ? refuseKey(fault, signer.id, where) : opened.checkpoint;
}
