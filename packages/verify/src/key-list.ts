import { isSignedBy, keyIdOf, openEnvelope, type OpenedEnvelope } from './envelope.js';
import { VerifyFault } from './fault.js';
import { base64, integer, list, malformed, object, oneOf, orNull, parseCanonicalBytes, record, text as nonEmpty, time } from './strict.js';

export const KEY_LIST_TYPE = 'application/vnd.countersign.keys+json';

export type KeyPurpose = 'decision' | 'log';

export type Revocation =
  | { readonly from: string; readonly reason: 'superseded' }
  /** `good`: for every log the last good size; a log that is not named has size 0. */
  | { readonly from: string; readonly reason: 'compromised'; readonly good: Readonly<Record<string, number>> };

export type ListedKey = {
  readonly id: string;
  readonly purpose: KeyPurpose;
  /** Base64 of the raw 32 bytes, as is `root`. */
  readonly public: string;
  readonly from: string;
  readonly to: string | null;
  readonly revoked: Revocation | null;
};

export type KeyList = { readonly v: 1; readonly number: number; readonly at: string; readonly root: string; readonly keys: readonly ListedKey[] };

/**
 * One use of a key. `origin` and `index`: the log and the leaf index of the entry that holds the signature; for a
 * checkpoint the index of the last entry that it covers, and no time, because a checkpoint states none.
 */
export type KeyUse =
  | { readonly purpose: 'decision'; readonly at: string; readonly origin?: string; readonly index?: number }
  | { readonly purpose: 'log'; readonly at?: string; readonly origin?: string; readonly index?: number };

export type KeyFault = 'KEY_UNKNOWN' | 'KEY_PURPOSE' | 'KEY_REVOKED' | 'KEY_NOT_VALID_THEN';

const readRawKey = (value: unknown, where: string): string => base64(32)(value, where).toString('base64');

const readSuperseded = object({ from: time, reason: oneOf('superseded') });
const readCompromised = object({ from: time, reason: oneOf('compromised'), good: record(integer(0)) });
const readRevocation = (value: unknown, where: string): Revocation =>
  (value as Partial<Revocation> | undefined)?.reason === 'superseded' ? readSuperseded(value, where) : readCompromised(value, where);

const readKey = object({
  id: nonEmpty,
  purpose: oneOf('decision', 'log'),
  public: readRawKey,
  from: time,
  to: orNull(time),
  revoked: orNull(readRevocation),
});

const readShape = object({ v: oneOf(1), number: integer(1), at: time, root: readRawKey, keys: list(readKey) });

function readPayload({ payloadType, payload }: OpenedEnvelope, where: string): KeyList {
  if (payloadType !== KEY_LIST_TYPE) malformed(where, `has payload type ${payloadType} and is no key list`);
  const keys = readShape(parseCanonicalBytes(payload, where), where);
  const ids = new Set<string>();
  for (const { id, public: key } of keys.keys) {
    if (id !== keyIdOf(Buffer.from(key, 'base64'))) malformed(where, `calls a key ${id} that has another thumbprint`);
    if (ids.has(id)) malformed(where, `has the key ${id} twice`);
    ids.add(id);
  }
  return keys;
}

/**
 * Reads a key list that the given root signed.
 *
 * @throws VerifyFault NOT_CANONICAL, MALFORMED, ROOT_MISMATCH or SIGNATURE_INVALID.
 */
export function readKeyList(text: string, root: Uint8Array, where = 'key list'): KeyList {
  const envelope = openEnvelope(text, where);
  const pinned = Buffer.from(root);
  if (envelope.keyid !== keyIdOf(pinned)) throw new VerifyFault('ROOT_MISMATCH', where, `${where} is signed by ${envelope.keyid}, which is not the pinned root key`);
  if (!isSignedBy(envelope, pinned)) throw new VerifyFault('SIGNATURE_INVALID', where, `${where} does not have the root key's signature`);
  const keys = readPayload(envelope, where);
  if (keys.root !== pinned.toString('base64')) throw new VerifyFault('ROOT_MISMATCH', where, `${where} names another root key than the pinned one`);
  return keys;
}

/** The root that a key list names itself. Nothing is verified: what rests on it is self-consistent at best. */
export function rootOf(text: string, where = 'key list'): Uint8Array {
  return Buffer.from(readPayload(openEnvelope(text, where), where).root, 'base64');
}

/** Why a signature by this key does not count; undefined where it does. */
export function keyFault(keys: KeyList, keyid: string, use: KeyUse): KeyFault | undefined {
  const key = keys.keys.find(({ id }) => id === keyid);
  if (!key) return 'KEY_UNKNOWN';
  if (key.purpose !== use.purpose) return 'KEY_PURPOSE';
  if (key.revoked?.reason === 'compromised') return isBefore(key.revoked.good, use) ? undefined : 'KEY_REVOKED';
  if (use.at === undefined) return undefined;
  const ends = [key.to, key.revoked?.from ?? null].filter((end) => end !== null);
  return key.from <= use.at && ends.every((end) => use.at !== undefined && use.at < end) ? undefined : 'KEY_NOT_VALID_THEN';
}

/** Whoever has a stolen key writes any time he likes, so only the place in the log decides. */
function isBefore(good: Readonly<Record<string, number>>, { origin, index }: KeyUse): boolean {
  if (origin === undefined || index === undefined || !Object.hasOwn(good, origin)) return false;
  return index < (good[origin] ?? 0);
}

export function publicKeyOf(keys: KeyList, keyid: string): Uint8Array | undefined {
  const key = keys.keys.find(({ id }) => id === keyid);
  return key && Buffer.from(key.public, 'base64');
}

/** Whether `later` may follow `earlier`: a higher number, no key gone or changed, no revocation taken back. */
export function isSuccessor(earlier: KeyList, later: KeyList): boolean {
  if (later.number <= earlier.number || later.root !== earlier.root) return false;
  return earlier.keys.every((before) => {
    const after = later.keys.find(({ id }) => id === before.id);
    if (!after || after.purpose !== before.purpose || after.public !== before.public || after.from !== before.from) return false;
    return before.revoked === null || (after.revoked !== null && (before.revoked.reason === 'superseded' || after.revoked.reason === 'compromised'));
  });
}
