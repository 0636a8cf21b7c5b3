import { randomBytes } from 'node:crypto';

import { canonicalBytes, sha256Hex } from '@countersign/domain/digest';

export type AuditType =
  | 'person.added'
  | 'person.suspended'
  | 'person.restored'
  | 'erasure'
  | 'sign-in'
  | 'sign-in-refused'
  | 'role.granted'
  | 'role.revoked'
  | 'project.added'
  | 'project.changed'
  | 'project.imported'
  | 'project.import-failed'
  | 'refused';

export type AuditEvent = {
  readonly tenantId: string;
  readonly type: AuditType;
  /** A person's id, or `service:<name>` where no person acted. */
  readonly actor: string;
  readonly at: Date;
  /** What it is about: `person/<id>`, `project/<id>`. */
  readonly subject?: string;
  /** Plain JSON without secrets. */
  readonly payload: Readonly<Record<string, unknown>>;
};

/**
 * The stored form: the entry names its payload by digest only, and the payload's salt keeps a short payload from being
 * guessed from that digest once it is erased.
 */
export function encodeAuditEvent(
  event: AuditEvent,
  salt: Buffer = randomBytes(16),
): { readonly entry: Buffer; readonly payload: Buffer } {
  const payload = canonicalBytes({ ...event.payload, salt: salt.toString('hex') });
  const entry = canonicalBytes({
    v: 1,
    tenant: event.tenantId,
    type: event.type,
    at: event.at.toISOString(),
    actor: event.actor,
    ...(event.subject === undefined ? {} : { subject: event.subject }),
    payload: sha256Hex(payload),
  });
  return { entry, payload };
}
