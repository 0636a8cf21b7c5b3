import { describe, expect, it } from '@jest/globals';
import { diffSubject, mergeSubject } from '@countersign/domain';
import { canonicalText } from '@countersign/domain/digest';

import { driftOf, type DriftSeen } from './reopened-account.js';

const hex = (digit: string, length = 40): string => digit.repeat(length);
const diff = { baseCommit: hex('a'), headCommit: hex('b'), tree: hex('c'), checksDigest: hex('d', 64) };
const merge = { repository: '/src', targetRef: 'refs/heads/main', targetTip: hex('1'), head: hex('b'), mergedTree: hex('2'), checksDigest: hex('d', 64) };
const byPolicy = { actor: 'policy', actorKind: 'policy', verdict: 'approve', policyVersion: 'old' } as const;
const byPerson = { actor: 'p-grace', actorKind: 'person', verdict: 'approve', policyVersion: 'old' } as const;

const seen = (over: Partial<DriftSeen> = {}): DriftSeen => ({
  approved: { text: canonicalText(diffSubject('r1', diff)), required: 1 },
  subject: diffSubject('r1', diff),
  required: 1,
  votes: [byPolicy],
  policyVersion: 'old',
  lost: [],
  nameOf: (person) => (person === 'p-grace' ? 'Grace' : person),
  ...over,
});

describe('a gate that opens again', () => {
  it('names the policies that passed it and those in force', () => {
    expect(driftOf('POLICY_CHANGED', seen({ policyVersion: 'new' }))).toEqual({
      code: 'POLICY_CHANGED',
      text: 'Opened again: The policies changed since it passed: policy version old then, new now (POLICY_CHANGED).',
      before: { policyVersion: 'old' },
      after: { policyVersion: 'new' },
      lost: [],
    });
  });

  it('does not blame the policies where people approved', () => {
    expect(driftOf('QUORUM_MISSING', seen({ votes: [byPerson], policyVersion: 'new' })).after).toEqual({});
  });

  it('names old and new tip of a target branch that moved, and what else of the subject is another', () => {
    const approved = { text: canonicalText(mergeSubject('r1', merge)), required: 1 };
    const subject = mergeSubject('r1', { ...merge, targetTip: hex('3'), mergedTree: hex('4') });
    const { text, before, after } = driftOf('TARGET_MOVED', seen({ approved, subject, votes: [byPerson] }));
    expect(text).toBe('Opened again: The target branch moved: merged tree 222222222222 then, 444444444444 now; tip of the target branch 111111111111 then, 333333333333 now (TARGET_MOVED).');
    expect([before, after]).toEqual([{ targetTip: hex('1'), mergedTree: hex('2') }, { targetTip: hex('3'), mergedTree: hex('4') }]);
  });

  it('says that somebody else wrote to the branch of the request', () => {
    expect(driftOf('HEAD_MOVED', seen()).text).toBe('Opened again: The branch of this request holds something else than what was reviewed (HEAD_MOVED).');
  });

  it.each([
    ['ACTOR_INACTIVE', 'Grace was suspended'],
    ['ROLE_MISSING', 'Grace does not hold the role any more'],
    ['KEY_REVOKED', 'Grace voted under a key that was revoked'],
    ['SIGNATURE_INVALID', 'Grace gave an approval that does not hold (SIGNATURE_INVALID)'],
  ] as const)('names who does not count any more: %s', (code, words) => {
    const lost = [{ person: 'p-grace', code }];
    const drift = driftOf('QUORUM_MISSING', seen({ votes: [byPerson], lost }));
    expect([drift.text, drift.lost]).toEqual([`Opened again: The approvals do not hold any more: ${words} (QUORUM_MISSING).`, lost]);
  });

  it('says where more approvals are needed than there were', () => {
    expect(driftOf('QUORUM_MISSING', seen({ votes: [byPerson], required: 2 }))).toMatchObject({ before: { approvalsRequired: 1 }, after: { approvalsRequired: 2 }, text: expect.stringContaining('approvals needed 1 then, 2 now') });
  });

  it('says what it knows where nothing was ever approved', () => {
    expect(driftOf('GATE_NOT_PASSED', seen({ approved: null, votes: [] }))).toMatchObject({ before: {}, after: {}, text: 'Opened again: No approval of this exact content is recorded (GATE_NOT_PASSED).' });
  });
});
