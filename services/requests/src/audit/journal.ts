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

type About = Pick<Note, 'type' | 'actor' | 'subject'>;

/** One entry of the audit trail, in the caller's transaction. */
export async function audit(records: Records, owner: Owner, note: Note, now: Date): Promise<void> {
  const { text, data } = note;
  // The salt keeps a payload from being guessed back from its hash once it is erased.
  await append(records, owner, note, canonicalBytes({ ...data, salt: randomBytes(16).toString('hex'), text }), now);
}

/** An entry whose payload is a signed document's stored text itself, so that an auditor can verify it. */
export async function auditDocument(records: Records, owner: Owner, about: About & { readonly document: string }, now: Date): Promise<void> {
  await append(records, owner, about, Buffer.from(about.document, 'utf8'), now);
}

async function append(records: Records, owner: Owner, { type, actor, subject }: About, payload: Buffer, now: Date): Promise<void> {
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
  await tell(records, row, note, now);
  await audit(records, row, note, now);
}

/** The same for a signed document: people read the sentence, the log holds the document, which names its actor itself. */
export async function recordDocument(records: Records, row: RequestEntity, note: Note & { readonly document: string; readonly signedBy: string | null }, now: Date): Promise<void> {
  await tell(records, row, note, now);
  await auditDocument(records, row, { ...note, actor: note.signedBy }, now);
}

async function tell(records: Records, row: RequestEntity, { type, actor, text, data = {} }: Note, now: Date): Promise<void> {
  await records.requests.addEvent(row, { type, actor, text, data, at: now });
}
