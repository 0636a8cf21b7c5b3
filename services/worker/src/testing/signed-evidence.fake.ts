import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

import { DECISION_PREDICATE, type DecisionStatement, GATE_PASSED_PREDICATE, type GatePassedStatement, type Gate, STATEMENT_TYPE, subjectName, type Verdict } from '@countersign/domain';
import { canonicalBytes, canonicalText } from '@countersign/domain/digest';
import { KEY_LIST_TYPE, keyIdOf, type Revocation, STATEMENT_PAYLOAD_TYPE, preAuthEncoding } from '@countersign/verify';

import type { StoredEvidence } from '../evidence/judge-evidence.js';

const AT = '2026-01-01T00:00:00.000Z';
const NONCE = '0'.repeat(32);
export const DIGEST = 'a'.repeat(64);

type Key = { readonly id: string; readonly raw: Buffer; readonly privateKey: KeyObject };

/** Real Ed25519 keys in memory: a root, and a decision key that its list names. */
export class TestKeys {
  readonly root = aKey();
  readonly decision = aKey();

  list(number = 1, revoked: Revocation | null = null): string {
    const { id, raw } = this.decision;
    const key = { id, purpose: 'decision', public: raw.toString('base64'), from: AT, to: null, revoked };
    return sealedBy(this.root, KEY_LIST_TYPE, { v: 1, number, at: AT, root: this.root.raw.toString('base64'), keys: [key] });
  }

  decisionOn(gate: Gate, over: Partial<DecisionStatement['predicate']> = {}, by = this.decision): string {
    const predicate: DecisionStatement['predicate'] = {
      verdict: 'approve' satisfies Verdict,
      gate,
      request: 'r1',
      revision: 1,
      actor: { kind: 'person', id: 'p-reviewer', issuer: 'https://issuer.test', subject: 'rita' },
      roles: ['reviewer'],
      channel: 'console',
      authentication: { acr: null, amr: [], authTime: null },
      at: AT,
      reasonSha256: null,
      policyVersion: 'v1',
      policyIds: [],
      nonce: NONCE,
      ...over,
    };
    return sealedBy(by, STATEMENT_PAYLOAD_TYPE, { ...about(predicate), predicateType: DECISION_PREDICATE, predicate });
  }

  passed(gate: Gate, over: Partial<GatePassedStatement['predicate']> = {}, by = this.decision): string {
    const predicate = { gate, request: 'r1', revision: 1, decisions: [DIGEST], policyVersion: 'v1', at: AT, nonce: NONCE, ...over };
    return sealedBy(by, STATEMENT_PAYLOAD_TYPE, { ...about(predicate), predicateType: GATE_PASSED_PREDICATE, predicate });
  }

  evidence(over: Partial<StoredEvidence> = {}): StoredEvidence {
    const gates = (['spec', 'plan', 'diff', 'merge'] as const).map((gate) => this.gate(gate));
    return { requestId: 'r1', requester: 'p-requester', requesterMayApprove: false, policyVersion: 'v1', keys: this.list(), logFault: null, gates, ...over };
  }

  gate(gate: Gate, envelope = this.decisionOn(gate), passed = this.passed(gate)): StoredEvidence['gates'][number] {
    const place = { origin: 'countersign.test/log/t1/1', index: 3 };
    const decision = { id: 'd1', envelope, place, live: true, standing: { active: true, roles: ['reviewer' as const] } };
    return { gate, setting: 'required', revision: 1, digest: DIGEST, required: 1, decisions: [decision], passed: { envelope: passed, place } };
  }
}

export function aKey(): Key {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  return { id: keyIdOf(raw), raw, privateKey };
}

function about({ request, gate, revision }: { readonly request: string; readonly gate: GatePassedStatement['predicate']['gate']; readonly revision: number }) {
  return { _type: STATEMENT_TYPE, subject: [{ name: subjectName(request, gate, revision), digest: { sha256: DIGEST } }] };
}

function sealedBy({ id, privateKey }: Key, payloadType: string, document: object): string {
  const payload = canonicalBytes(document);
  const sig = sign(null, preAuthEncoding(payloadType, payload), privateKey).toString('base64');
  return canonicalText({ payloadType, payload: payload.toString('base64'), signatures: [{ keyid: id, sig }] });
}
