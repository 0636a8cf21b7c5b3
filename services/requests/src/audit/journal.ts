import { randomBytes } from 'node:crypto';

import { canonicalBytes, sha256Hex } from '@countersign/domain/digest';

import type { Records } from '../database/records-store.repository.js';
import type { RequestEntity } from '../request/request.entity.js';

export type Note = {
  readonly type: string;
  /** A person's id; null where the machinery acts. */
  readonly actor: string | null;
  /** One sentence for people. */
  readonly text: string;
  /** Plain JSON. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** What it is about: `request/<id>/<gate>/<revision>`. */
  readonly subject?: string;
};

type Owner = { readonly tenantId: string; readonly id: string | null };

/** One entry of the audit trail, in the caller's transaction. */
export async function audit(records: Records, owner: Owner, note: Note, now: Date): Promise<void> {
  const { type, actor, text, data, subject } = note;
  // The salt keeps a payload from being guessed back from its hash once it is erased.
  const payload = canonicalBytes({ ...data, salt: randomBytes(16).toString('hex'), text });
  const sha256 = sha256Hex(payload);
  const entry = canonicalBytes({
    v: 1,
    tenant: owner.tenantId,
    type,
    at: now.toISOString(),
    ...(actor === null ? {} : { actor }),
    ...(owner.id === null ? {} : { request: owner.id }),
    ...(subject === undefined ? {} : { subject }),
    payload: sha256,
  });
  const scope = { tenantId: owner.tenantId, requestId: owner.id };
  await records.audit.insert({ ...scope, entry }, { ...scope, sha256, payload });
}

/** An audit entry that people also see among the request's events. The row must be locked. */
export async function record(records: Records, row: RequestEntity, note: Note, now: Date): Promise<void> {
  const { type, actor, text, data = {} } = note;
  await records.requests.addEvent(row, { type, actor, text, data, at: now });
  await audit(records, row, note, now);
}
