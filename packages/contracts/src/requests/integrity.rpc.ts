import { z } from 'zod';

import { personRef } from '../projects/person.schema.js';
import { rpc } from '../rpc-contract.js';

const person = ['person'] as const;
const purpose = z.enum(['decision', 'log']);
const keyId = z.string().regex(/^[\w-]{43}$/, 'must be the id of a key: 43 characters of base64url');
const origin = z.string().min(1).max(300);
const note = z.string().max(4000);

/**
 * `published`: in force. `toSign`: the root key is kept elsewhere; `document` is the base64 of the list's RFC 8785 bytes, to be
 * signed where it is and brought back with `keys.publish`.
 */
const keysAnswer = z.union([
  z.object({ outcome: z.literal('published'), number: z.int(), envelope: z.string() }),
  z.object({ outcome: z.literal('toSign'), number: z.int(), document: z.string() }),
]);

const logStatus = z.object({
  origin: z.string().nullable(),
  size: z.int(),
  at: z.string().nullable(),
  /** The last checkpoint as it was signed; null before the first. */
  checkpoint: z.string().nullable(),
  broken: z.object({ index: z.int().nullable(), code: z.string(), text: z.string(), at: z.string() }).nullable(),
});

/** How much was removed now: nothing where all of it was gone already. */
const erasure = z.object({
  person: z.string(),
  payloads: z.int(),
  /** Places outside the audit trail that repeated what they said or who they are. */
  texts: z.int(),
  /** One sentence for each kind of place that an erasure does not reach. */
  notErased: z.array(z.string()),
});

/** Which entries: of one request, or those recorded between two times; all of them where neither is given. */
export const exportInput = z
  .object({
    request: z.string().min(1).max(100).exactOptional(),
    from: z.iso.datetime().exactOptional(),
    to: z.iso.datetime().exactOptional(),
    /** An earlier checkpoint that the auditor kept: the bundle then proves that nothing before it was changed. */
    earlier: note.exactOptional(),
  })
  .refine(({ request, from, to }) => request === undefined || (from === undefined && to === undefined), { message: 'give a request or a span of time, not both', path: ['request'] });

/** Signing keys, the transparency log and what auditors take away. */
export const integrityRpc = {
  /** The newest list of keys, as the root key signed it. Public. */
  'keys.list': rpc(['person', 'gateway'], z.object({}), z.object({ envelope: z.string(), rootFingerprint: z.string() })),
  /** A new key of a purpose; the old one signs nothing more and what it signed stays good. */
  'keys.rotate': rpc(person, z.object({ purpose }), keysAnswer),
  /** `good` (compromised only): for each log the size up to which its entries were signed by us. */
  'keys.revoke': rpc(
    person,
    z.object({ id: keyId, reason: z.enum(['superseded', 'compromised']), good: z.record(origin, z.int().min(0)).default({}) }),
    keysAnswer,
  ),
  'keys.publish': rpc(person, z.object({ envelope: z.string().max(1_000_000) }), keysAnswer),
  /** Removes the words of a person who was suspended and on whom no request that has not ended rests. The log still holds. */
  'erasure.erase': rpc(person, personRef, erasure),
  'log.status': rpc(person, z.object({}), logStatus),
  /** Closes a broken log and opens the next one, which begins with the last good checkpoint. */
  'log.recover': rpc(person, z.object({}), z.object({ origin: z.string(), lost: z.int(), entered: z.int() })),
  /** Makes a bundle and keeps it for ten minutes. */
  'log.export': rpc(person, exportInput, z.object({ id: z.string(), bytes: z.int(), sha256: z.string(), entries: z.int() })),
  'log.exportRead': rpc(
    person,
    z.object({ id: z.uuid(), offset: z.int().min(0), limit: z.int().min(1).max(1_000_000) }),
    z.object({ base64: z.string(), bytes: z.int() }),
  ),
} as const;
