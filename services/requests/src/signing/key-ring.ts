import { AppError, type DecisionStatement, type GatePassedStatement } from '@countersign/domain';
import { isSuccessor, KEY_LIST_TYPE, type KeyList, type ListedKey, readKeyList, VerifyFault } from '@countersign/verify';

import type { RecordsStore } from '../database/records-store.repository.js';
import type { Clock } from '../lifecycle/fence.js';
import { enterKeyList } from './enter-key-list.js';
import { sealed } from './seal.js';
import { KEY_PURPOSES, type KeyPurpose, type KeyStorePort, type Signer } from './signer.port.js';

export type Seal = (statement: DecisionStatement | GatePassedStatement) => Promise<string>;

type Held = { readonly list: KeyList; readonly envelope: string };
type Deps = { readonly store: RecordsStore; readonly keys: KeyStorePort; readonly clock: Clock };

/** The keys that sign and the signed list that says which of them to believe. */
export class KeyRing {
  private readonly signers = new Map<string, Signer>();

  private constructor(
    private readonly deps: Deps,
    readonly root: Uint8Array,
    private held: Held,
  ) {}

  /**
   * Makes the keys and the first list at an installation's first start.
   *
   * @throws AppError CONFIG_INVALID naming the key that is missing or unfit.
   */
  static async open(deps: Deps): Promise<KeyRing> {
    const root = await deps.keys.rootPublicKey();
    const held = (await newest(deps, root)) ?? (await first(deps, root));
    const ring = new KeyRing(deps, root, held);
    for (const purpose of KEY_PURPOSES) await ring.signer(purpose);
    return ring;
  }

  get list(): KeyList {
    return this.held.list;
  }

  /** The newest list as it is published: its stored text. */
  get envelope(): string {
    return this.held.envelope;
  }

  /** Takes over a list that another process published. */
  async refresh(): Promise<void> {
    const found = await this.deps.store.read.keyLists.newest();
    if (found && found.number > this.held.list.number) this.held = { list: readKeyList(found.envelope, this.root), envelope: found.envelope };
  }

  readonly seal: Seal = async (statement) => sealed(statement, await this.signer('decision'));

  async signer(purpose: KeyPurpose): Promise<Signer> {
    const { id } = currentKey(this.list, purpose);
    const known = this.signers.get(id) ?? (await this.deps.keys.open(purpose, id));
    if (!known) throw new AppError('CONFIG_INVALID', `The private half of the ${purpose} key ${id} is not there. Put it back, or make a new one: countersign keys rotate ${purpose}`);
    this.signers.set(id, known);
    return known;
  }

  /** Enters the newest list in a tenant's log, once. */
  enterFor(tenantId: string): Promise<void> {
    return this.deps.store.write((records) => enterKeyList(records, tenantId, this.envelope, this.list.at));
  }

  /**
   * Signs the next list with the root key, enters it in every tenant's log and uses it from then on. Where the root key
   * is kept elsewhere the list is answered unsigned, and nothing has changed.
   *
   * @throws AppError CONFLICT.
   */
  async publish(change: (list: KeyList, at: string) => Promise<readonly ListedKey[]>): Promise<{ readonly outcome: 'published' | 'toSign'; readonly list: KeyList }> {
    await this.refresh();
    const { keys, clock } = this.deps;
    const at = clock().toISOString();
    const list: KeyList = { ...this.list, number: this.list.number + 1, at, keys: await change(this.list, at) };
    const root = await keys.root();
    if (!root) return { outcome: 'toSign', list };
    return { outcome: 'published', list: await this.accept(await sealed(list, root, KEY_LIST_TYPE)) };
  }

  /** Takes a list that the root key signed elsewhere. @throws AppError INVALID_INPUT, CONFLICT. */
  async accept(envelope: string): Promise<KeyList> {
    const list = successor(this.list, envelope, this.root);
    const { store } = this.deps;
    await store.write(async (records) => {
      const isFirst = await records.keyLists.insert({ number: list.number, envelope, at: new Date(list.at) });
      if (!isFirst) throw new AppError('CONFLICT', `Another list number ${list.number} was published meanwhile: look again`);
      for (const tenantId of await records.audit.tenants()) await enterKeyList(records, tenantId, envelope, list.at);
    });
    this.held = { list, envelope };
    return list;
  }

  create(purpose: KeyPurpose): Promise<Signer> {
    return this.deps.keys.create(purpose);
  }
}

function successor(list: KeyList, envelope: string, root: Uint8Array): KeyList {
  try {
    const next = readKeyList(envelope, root);
    if (isSuccessor(list, next)) return next;
  } catch (error) {
    if (!(error instanceof VerifyFault)) throw error;
    throw new AppError('INVALID_INPUT', `This is no list of keys that the root key signed: ${error.message}`, { field: 'envelope', cause: error });
  }
  throw new AppError('CONFLICT', `A list must come after number ${list.number}, keep every key and take back no revocation`);
}

function currentKey(list: KeyList, purpose: KeyPurpose): ListedKey {
  const found = list.keys.findLast((key) => key.purpose === purpose && key.to === null && key.revoked === null);
  if (!found) throw new AppError('CONFIG_INVALID', `No ${purpose} key is in force: countersign keys rotate ${purpose}`);
  return found;
}

export function listed(signer: Signer, purpose: KeyPurpose, from: string): ListedKey {
  return { id: signer.keyId, purpose, public: Buffer.from(signer.publicKey).toString('base64'), from, to: null, revoked: null };
}

async function newest({ store }: Deps, root: Uint8Array): Promise<Held | undefined> {
  const found = await store.read.keyLists.newest();
  return found ? { list: readKeyList(found.envelope, root), envelope: found.envelope } : undefined;
}

async function first(deps: Deps, root: Uint8Array): Promise<Held> {
  const { store, keys, clock } = deps;
  const signer = await keys.root();
  if (!signer) throw new AppError('CONFIG_INVALID', 'The root key is needed once, to sign the first list of keys: it is not there');
  const at = clock().toISOString();
  const made = await Promise.all(KEY_PURPOSES.map(async (purpose) => listed(await keys.create(purpose), purpose, at)));
  const envelope = await sealed({ v: 1, number: 1, at, root: Buffer.from(root).toString('base64'), keys: made }, signer, KEY_LIST_TYPE);
  await store.write((records) => records.keyLists.insert({ number: 1, envelope, at: new Date(at) }));
  // Another process may have been first.
  const stored = await newest(deps, root);
  if (!stored) throw new AppError('INTERNAL', 'The first list of keys is not stored');
  return stored;
}
