import type { ErrorCode, Subject } from '@countersign/domain';
import { digestOf } from '@countersign/domain/digest';

import type { DecisionEntity } from '../decision/decision.entity.js';
import type { GateRevisionEntity } from './gate-revision.entity.js';

type Values = Readonly<Record<string, string | number>>;
type Known = Readonly<Record<string, string | number | undefined>>;
export type LostVote = { readonly person: string; readonly code: ErrorCode };

/** What changed between an approval and the effect that was refused for it. */
export type Drift = {
  readonly code: string;
  /** The sentence for people. */
  readonly text: string;
  readonly before: Values;
  readonly after: Values;
  /** Whose approval does not hold any more. */
  readonly lost: readonly LostVote[];
};

export type DriftSeen = {
  /** The revision that was approved; null where none ever was. */
  readonly approved: Pick<GateRevisionEntity, 'text' | 'required'> | null;
  readonly subject: Subject;
  readonly required: number;
  /** The live decisions on the approved revision. */
  readonly votes: readonly Pick<DecisionEntity, 'actor' | 'actorKind' | 'verdict' | 'policyVersion'>[];
  /** In force now. */
  readonly policyVersion: string;
  readonly lost: readonly LostVote[];
  readonly nameOf: (person: string) => string;
};

const SENTENCES: Readonly<Record<string, string>> = {
  STALE_DIGEST: 'What was approved is not what is at hand any more',
  QUORUM_MISSING: 'The approvals do not hold any more',
  POLICY_CHANGED: 'The policies changed since it passed',
  GATE_NOT_PASSED: 'No approval of this exact content is recorded',
  TARGET_MOVED: 'The target branch moved',
  HEAD_MOVED: 'The branch of this request holds something else than what was reviewed',
};

/** As people call what a subject consists of. */
const WORDS: Readonly<Record<string, string>> = {
  baseCommit: 'base commit',
  headCommit: 'head commit',
  head: 'head commit',
  mergedTree: 'merged tree',
  checksDigest: 'checks',
  targetTip: 'tip of the target branch',
  targetRef: 'target branch',
  allowedPaths: 'allowed paths',
  policyVersion: 'policy version',
  approvalsRequired: 'approvals needed',
};

const SHOWN_CHARS = 12;

/** A gate that opens again says what is not as it was approved, as far as the records know. */
export function driftOf(code: string, seen: DriftSeen): Drift {
  const [before, after] = changes(seen);
  const told = Object.keys(after).map((name) => `${WORDS[name] ?? name} ${shown(before[name])} then, ${shown(after[name])} now`);
  const people = seen.lost.map(({ person, code: why }) => `${seen.nameOf(person)} ${lostBecause(why)}`);
  const details = [...told, ...people].join('; ');
  return { code, text: `Opened again: ${SENTENCES[code] ?? code}${details && `: ${details}`} (${code}).`, before, after, lost: seen.lost };
}

function changes({ approved, subject, required, votes, policyVersion }: DriftSeen): [Values, Values] {
  if (!approved) return [{}, {}];
  // Machines alone decide by the policies; a person's approval outlives them, unless the subject names them.
  const machine = votes.find(({ actorKind, verdict }) => actorKind !== 'person' && verdict === 'approve');
  const before: Known = { ...valuesOf(JSON.parse(approved.text) as Subject), ...(machine ? { policyVersion: machine.policyVersion } : { approvalsRequired: approved.required }) };
  const after: Known = { ...valuesOf(subject), ...(machine ? { policyVersion } : { approvalsRequired: required }) };
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => before[name] !== after[name]);
  return [only(before, changed), only(after, changed)];
}

/** What is no plain value stands as its digest. */
function valuesOf(subject: Subject): Known {
  return Object.fromEntries(Object.entries(subject).map(([name, value]) => [name, typeof value === 'string' || typeof value === 'number' ? value : digestOf(value)]));
}

function only(values: Known, names: readonly string[]): Values {
  return Object.fromEntries(names.map((name) => [name, values[name] ?? 'none']));
}

/** Ids and digests are cut; a name is told whole. */
function shown(value: string | number | undefined): string {
  const text = String(value ?? 'none');
  return /^[0-9a-f]{40,64}$/.test(text) ? text.slice(0, SHOWN_CHARS) : text.slice(0, 200);
}

function lostBecause(code: ErrorCode): string {
  switch (code) {
    case 'ACTOR_INACTIVE':
      return 'was suspended';
    case 'ROLE_MISSING':
      return 'does not hold the role any more';
    case 'OWN_REQUEST':
      return 'requested this change';
    case 'KEY_REVOKED':
      return 'voted under a key that was revoked';
    default:
      return `gave an approval that does not hold (${code})`;
  }
}
