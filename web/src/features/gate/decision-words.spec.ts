import { describe, expect, it } from '@jest/globals';

import { actWords, isOutdatedEntry, pastWords, placeWords, signatureWords, statusWords, whoElse } from './decision-words';

const gate = { revision: 3, digest: 'c', approvals: 0, required: 1, decisions: [] };
const approval = (actor: string, over = {}) => ({ actor, verdict: 'approve', status: 'counted', revision: 3, digest: 'c', ...over });

describe('words for decisions', () => {
  it('say what is signed', () => {
    expect(actWords('approve', 'plan', 2, 'r1').join(' ')).toBe('approve the plan, revision 2, of request r1');
    expect(actWords('request_changes', 'diff', 1, 'r1').join(' ')).toBe('request changes to the diff, revision 1, of request r1');
  });

  it('call an approval of another revision, or of other content, outdated', () => {
    expect(pastWords('approve', { revision: 3, digest: 'c' }, gate)).toBe('approved revision 3');
    expect(pastWords('approve', { revision: 2, digest: 'b' }, gate)).toBe('approved revision 2 (outdated)');
    expect(pastWords('reject', { revision: 3, digest: 'b' }, gate)).toBe('rejected revision 3 (outdated)');
    expect(pastWords('approve', { revision: 2, digest: 'b' }, { revision: 0, digest: null })).toBe('approved revision 2');
  });

  it('say who else must approve, and name who has', () => {
    expect(whoElse('approve', gate)).toBe('Nobody else has to approve.');
    expect(whoElse('approve', { ...gate, required: 3 })).toBe('Nobody has approved this yet. After you 2 other people must approve.');
    const decisions = [approval('Ada'), approval('Ben', { revision: 2, digest: 'b' }), approval('Cy', { status: 'dropped' })];
    expect(whoElse('approve', { ...gate, required: 2, approvals: 1, decisions })).toBe('1 of 2 so far: Ada. After you nobody else has to approve.');
    expect(whoElse('reject', { ...gate, required: 2 })).toContain('takes effect by itself');
  });

  it('give a status its code in words, and an unknown code as it is', () => {
    const said = (status: string, code: string | null, over = {}) => statusWords({ status, code, revision: 3, digest: 'c', ...over }, gate);
    expect(said('counted', null)).toBe('counted');
    expect(said('recorded', null)).toBe('recorded, not counted yet');
    expect(said('recorded', null, { revision: 2, digest: 'b' })).toBe('recorded, never counted: a newer revision took its place');
    expect(said('dropped', 'ACTOR_INACTIVE')).toBe('dropped: the person was suspended (ACTOR_INACTIVE)');
    expect(said('dropped', 'NEW_CODE')).toBe('dropped (NEW_CODE)');
  });

  it('tell a valid signature, a bad one, an erased one and none apart', () => {
    const said = (type: string, signature: string | null) => signatureWords({ type, signature });
    expect(said('decision', 'valid')).toBe('signature valid');
    expect(said('decision', 'KEY_REVOKED')).toBe('signature does not count: the key was revoked as compromised');
    expect(said('gate-passed', null)).toBe('signed document erased');
    expect(said('transition', null)).toBe('no signature');
  });

  it('know entries of the trail that decide on an earlier revision', () => {
    const gates = [{ name: 'plan', revision: 2 }, { name: 'merge', revision: 0 }];
    const entry = (type: string, subject: string) => isOutdatedEntry({ type, entry: `{"at":"t","subject":"${subject}","v":1}` }, gates);
    expect([entry('decision', 'request/r1/plan/1'), entry('gate-passed', 'request/r1/plan/1')]).toEqual([true, true]);
    expect([entry('decision', 'request/r1/plan/2'), entry('decision', 'request/r1/budget/1'), entry('gate-opened', 'request/r1/plan/1'), entry('decision', 'x')]).toEqual([false, false, false, false]);
  });

  it('say where the log holds an entry', () => {
    expect(placeWords({ index: 0, origin: 'x/log/t/1' })).toBe('entry 0 of x/log/t/1');
    expect(placeWords(null)).toBe('not in the log yet');
  });
});
