import { type Checkpoint } from '../checkpoint.js';
import { KEY_LIST_TYPE, type KeyList, type ListedKey } from '../key-list.js';
import { STATEMENT_PAYLOAD_TYPE } from '../statement.js';
import { sha256 } from '../strict.js';
import { aKeyPair, canonical, type KeyPair, noteOf, sealed } from './signing.js';
import { consistencyProof, inclusionProof, treeRoot } from './tree.js';

export const MADE_ORIGIN = 'countersign.example/log/tenant-1/1';
export const MADE_AT = '2026-11-21T08:00:00.000Z';

export type MadeEntry = { readonly entry: Buffer; readonly payload: Buffer };
export type EntryMembers = { readonly type: string; readonly at: string; readonly tenant?: string; readonly actor?: string; readonly request?: string; readonly subject?: string };
export type BundleEntry = { index: number; entry: string; payload: string | null; proof: string[] };
export type BundleValue = {
  type: string;
  keys: string[];
  checkpoint: string;
  consistency: { checkpoint: string; proof: string[] } | null;
  entries: BundleEntry[];
  subjects: string[];
};

export const hashOf = (bytes: Uint8Array | string): string => sha256(Buffer.from(bytes)).toString('hex');
const nonceOf = (name: string): string => hashOf(name).slice(0, 32);

export type DecisionDraft = {
  readonly gate: string;
  readonly document: Buffer;
  readonly person?: string;
  readonly verdict?: string;
  readonly revision?: number;
  readonly at?: string;
};

/** One installation's keys and one tenant's log, made as the services make them. */
export class MadeLog {
  readonly root = aKeyPair('root');
  readonly decisionKey = aKeyPair('decision');
  readonly logKey = aKeyPair('log');
  readonly keyLists: string[] = [];
  readonly entries: MadeEntry[] = [];

  constructor(
    readonly origin = MADE_ORIGIN,
    readonly request = 'b8f9c5f0-7d5e-4a51-9a0e-2f4f4c1f8a10',
  ) {}

  listed(key: KeyPair, purpose: ListedKey['purpose'], over: Partial<ListedKey> = {}): ListedKey {
    return { id: key.id, purpose, public: key.publicKey.toString('base64'), from: '2026-11-01T00:00:00.000Z', to: null, revoked: null, ...over };
  }

  usualKeys(): ListedKey[] {
    return [this.listed(this.decisionKey, 'decision'), this.listed(this.logKey, 'log')];
  }

  /** Signs the next key list; it is not in the log until it is appended. */
  publish(keys: readonly ListedKey[] = this.usualKeys(), over: Partial<KeyList> = {}): string {
    const list = { v: 1, number: this.keyLists.length + 1, at: MADE_AT, root: this.root.publicKey.toString('base64'), keys, ...over };
    const text = sealed(KEY_LIST_TYPE, list, this.root);
    this.keyLists.push(text);
    return text;
  }

  append({ type, at, tenant = 'tenant-1', ...rest }: EntryMembers, payload: string): number {
    const bytes = Buffer.from(payload);
    this.entries.push({ entry: Buffer.from(canonical({ v: 1, tenant, type, at, ...rest, payload: hashOf(bytes) })), payload: bytes });
    return this.entries.length - 1;
  }

  note(type: string, members: Record<string, unknown> = {}): number {
    return this.append({ type, at: MADE_AT }, canonical({ ...members, salt: nonceOf(`${type}${this.entries.length}`) }));
  }

  decisionStatement({ gate, document, person, verdict = 'approve', revision = 1, at = MADE_AT }: DecisionDraft): Record<string, unknown> {
    return {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: `request/${this.request}/${gate}/${revision}`, digest: { sha256: hashOf(document) } }],
      predicateType: 'https://countersign.dev/attestations/decision/v1',
      predicate: {
        verdict,
        gate,
        request: this.request,
        revision,
        actor:
          person === undefined
            ? { kind: 'policy', id: 'diff/small', inputsSha256: hashOf('inputs') }
            : { kind: 'person', id: person, issuer: 'https://issuer.example', subject: `oidc|${person}` },
        roles: person === undefined ? [] : ['reviewer'],
        channel: person === undefined ? 'policy' : 'console',
        authentication: { acr: null, amr: person === undefined ? [] : ['pwd', 'otp'], authTime: person === undefined ? null : 1_795_000_000 },
        at,
        reasonSha256: null,
        policyVersion: 'v1',
        policyIds: ['diff/small'],
        nonce: nonceOf(`${gate}${person}${at}`),
      },
    };
  }

  /** Enters an envelope with the entry that agrees with it, members in `over` apart. */
  enter(statement: Record<string, unknown>, key: KeyPair = this.decisionKey, over: Partial<EntryMembers> = {}): number {
    const { predicate, subject, predicateType } = statement as { predicate: { at: string; request: string; actor?: { kind: string; id: string } }; subject: { name: string }[]; predicateType: string };
    const type = predicateType.includes('gate-passed') ? 'gate-passed' : 'decision';
    const actor = predicate.actor?.kind === 'person' ? { actor: predicate.actor.id } : {};
    return this.append({ type, at: predicate.at, ...actor, request: predicate.request, subject: subject[0]?.name ?? '', ...over }, sealed(STATEMENT_PAYLOAD_TYPE, statement, key));
  }

  decide(draft: DecisionDraft, key?: KeyPair): number {
    return this.enter(this.decisionStatement(draft), key);
  }

  pass(gate: string, document: Buffer, decisions: readonly number[], revision = 1): number {
    return this.enter({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: `request/${this.request}/${gate}/${revision}`, digest: { sha256: hashOf(document) } }],
      predicateType: 'https://countersign.dev/attestations/gate-passed/v1',
      predicate: {
        gate,
        request: this.request,
        revision,
        decisions: decisions.map((index) => hashOf(this.entries[index]?.payload ?? '')),
        policyVersion: 'v1',
        at: MADE_AT,
        nonce: nonceOf(`passed ${gate}`),
      },
    });
  }

  checkpoint(size = this.entries.length): Checkpoint {
    return { origin: this.origin, size, root: treeRoot(this.entries.slice(0, size).map(({ entry }) => entry)) };
  }

  /** The bundle of these entries, good as long as the log is. */
  bundle(indexes: readonly number[], documents: readonly Buffer[], earlierSize?: number, key = this.logKey): BundleValue {
    const leaves = this.entries.map(({ entry }) => entry);
    const hex = (proof: readonly Buffer[]): string[] => proof.map((hash) => hash.toString('hex'));
    return {
      type: 'https://countersign.dev/bundle/v1',
      keys: [...this.keyLists],
      checkpoint: noteOf(this.checkpoint(), key),
      consistency: earlierSize === undefined ? null : { checkpoint: noteOf(this.checkpoint(earlierSize), key), proof: hex(consistencyProof(earlierSize, leaves)) },
      entries: indexes.map((index) => {
        const { entry, payload } = this.entries[index] as MadeEntry;
        return { index, entry: entry.toString('base64'), payload: payload.toString('base64'), proof: hex(inclusionProof(index, leaves)) };
      }),
      subjects: [...documents].sort((a, b) => (hashOf(a) < hashOf(b) ? -1 : 1)).map((document) => document.toString('base64')),
    };
  }
}
