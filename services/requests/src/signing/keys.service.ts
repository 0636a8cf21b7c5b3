import { createHash } from 'node:crypto';

import type { requestsRpc, RpcInput, RpcOutput } from '@countersign/contracts';
import { AppError, type Viewer } from '@countersign/domain';
import { canonicalBytes } from '@countersign/domain/digest';
import type { Caller } from '@countersign/platform';
import type { KeyList, ListedKey, Revocation } from '@countersign/verify';

import { audit } from '../audit/journal.js';
import type { RecordsStore } from '../database/records-store.repository.js';
import type { Clock } from '../lifecycle/fence.js';
import { type AccessService, requirePermission } from '../people/access.service.js';
import { type KeyRing, listed } from './key-ring.js';
import type { KeyPurpose } from './signer.port.js';

type Answer = RpcOutput<typeof requestsRpc, 'keys.rotate'>;
export type KeysDeps = { readonly store: RecordsStore; readonly access: AccessService; readonly keys: KeyRing; readonly clock: Clock };

/** How whoever can read the data folder signs in. */
const OPERATOR = 'local-operator';
/** A statement made in the moment of a rotation may bear the time just before it, or the old key's signature just after. */
const OVERLAP_MS = 60_000;

/** What administrators do with signing keys; each act is audited. Keys belong to the installation, not to a tenant. */
export class KeysService {
  constructor(private readonly deps: KeysDeps) {}

  async list() {
    const { keys } = this.deps;
    await keys.refresh();
    return { envelope: keys.envelope, rootFingerprint: createHash('sha256').update(keys.root).digest('hex') };
  }

  async rotate(caller: Caller, { purpose }: RpcInput<typeof requestsRpc, 'keys.rotate'>): Promise<Answer> {
    const viewer = await this.admin(caller);
    const answer = await this.publish(async (list, at) => ended(list.keys, (key) => isCurrent(key, purpose), at).concat(await this.made(purpose, at)));
    return this.told(viewer, `rotated the ${purpose} key`, { purpose }, answer);
  }

  async revoke(caller: Caller, { id, reason, good }: RpcInput<typeof requestsRpc, 'keys.revoke'> & { readonly good: Readonly<Record<string, number>> }): Promise<Answer> {
    const viewer = await this.admin(caller);
    if (reason === 'superseded' && Object.keys(good).length > 0) throw new AppError('INVALID_INPUT', 'Only a compromised key has a good part of a log', { field: 'good' });
    const answer = await this.publish(async (list, at) => {
      const key = list.keys.find((one) => one.id === id);
      if (!key) throw new AppError('NOT_FOUND', `No key ${id} is listed`);
      if (key.revoked && !(key.revoked.reason === 'superseded' && reason === 'compromised')) throw new AppError('CONFLICT', `The key ${id} is already revoked as ${key.revoked.reason}`);
      const revoked: Revocation = reason === 'compromised' ? { from: at, reason, good } : { from: later(at), reason };
      const keys = list.keys.map((one) => (one === key ? { ...one, to: one.to ?? (reason === 'compromised' ? at : later(at)), revoked } : one));
      return isCurrent(key, key.purpose) ? [...keys, await this.made(key.purpose, at)] : keys;
    });
    return this.told(viewer, `revoked the key ${id} as ${reason}`, { key: id, reason, good }, answer);
  }

  async accept(caller: Caller, { envelope }: RpcInput<typeof requestsRpc, 'keys.publish'>): Promise<Answer> {
    const viewer = await this.admin(caller);
    const { number } = await this.deps.keys.accept(envelope);
    return this.told(viewer, `published the list number ${number} of signing keys`, { number }, { outcome: 'published', number, envelope });
  }

  /** One tenant's administrator must not take away what another's decisions rest on. */
  private async admin(caller: Caller): Promise<Viewer> {
    const { access, store } = this.deps;
    const visitor = await access.visitor(caller);
    requirePermission(visitor.viewer, 'keys:manage');
    const isShared = (await store.read.audit.tenants()).some((tenant) => tenant !== visitor.viewer.tenantId);
    if (isShared && !visitor.caller.amr.includes(OPERATOR)) {
      throw new AppError('FORBIDDEN', 'Signing keys belong to the whole installation, which has other tenants: whoever can read its data folder manages them (countersign login --as <admin>)');
    }
    return visitor.viewer;
  }

  private async publish(change: (list: KeyList, at: string) => Promise<readonly ListedKey[]>): Promise<Answer> {
    const { keys } = this.deps;
    const made = await keys.publish(change);
    if (made.outcome === 'published') return { outcome: 'published', number: made.list.number, envelope: keys.envelope };
    return { outcome: 'toSign', number: made.list.number, document: canonicalBytes(made.list).toString('base64') };
  }

  private async made(purpose: KeyPurpose, at: string): Promise<ListedKey> {
    return listed(await this.deps.keys.create(purpose), purpose, new Date(Date.parse(at) - OVERLAP_MS).toISOString());
  }

  private async told(viewer: Viewer, did: string, data: Readonly<Record<string, unknown>>, answer: Answer): Promise<Answer> {
    const { store, clock } = this.deps;
    const text = `${viewer.name} ${did}${answer.outcome === 'toSign' ? ': waits for the root key' : ''}`;
    const note = { type: `keys-${answer.outcome}`, actor: viewer.personId, text, data: { ...data, number: answer.number } };
    await store.write((records) => audit(records, { tenantId: viewer.tenantId, id: null }, note, clock()));
    return answer;
  }
}

function isCurrent(key: ListedKey, purpose: KeyPurpose): boolean {
  return key.purpose === purpose && key.to === null && key.revoked === null;
}

function ended(keys: readonly ListedKey[], which: (key: ListedKey) => boolean, at: string): ListedKey[] {
  return keys.map((key) => (which(key) ? { ...key, to: later(at) } : key));
}

function later(at: string): string {
  return new Date(Date.parse(at) + OVERLAP_MS).toISOString();
}
