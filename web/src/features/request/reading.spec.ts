import { describe, expect, it } from '@jest/globals';

import { afterAsking, afterShowing, beginReading, mustHold } from './reading';
import type { GateView, Matter } from './request-view';

function aMatter(name: GateView['name'], digest: string, state: GateView['state'] = 'open'): Matter {
  const gate: GateView = {
    name, digest, state, setting: 'required', revision: 1, approvals: 0, required: 1, deadline: null, account: null, mayDecide: true, whyNot: null, decisions: [],
  };
  return { gate, subject: undefined, documents: {}, checks: null, findings: [], modelReview: null };
}

describe('what a reader has in front of them', () => {
  const first = beginReading(aMatter('plan', 'a'));

  it('stays when another revision of its gate opens', () => {
    expect(mustHold(first, aMatter('plan', 'b'), undefined)).toBe(true);
  });

  it('stays when the next gate opens unseen, unless the reader passed this one', () => {
    expect(mustHold(first, aMatter('merge', 'b'), undefined)).toBe(true);
    expect(mustHold(first, aMatter('merge', 'b'), 'a')).toBe(false);
  });

  it('stays when its gate closed and opened with another revision', () => {
    const closed = afterShowing(first, aMatter('plan', 'a', 'waiting'));
    expect(mustHold(closed, aMatter('plan', 'b'), undefined)).toBe(true);
    expect(mustHold(closed, aMatter('merge', 'b'), undefined)).toBe(false);
  });

  it('follows the same subject', () => {
    const next = aMatter('plan', 'a');
    expect(mustHold(first, next, undefined)).toBe(false);
    expect(afterShowing(first, next).matter).toBe(next);
  });

  it('gives way when the reader asks, and keeps what they had read to compare', () => {
    const fresh = aMatter('plan', 'b');
    const next = afterAsking(first, fresh, true);
    expect(next).toMatchObject({ matter: fresh, before: first.matter });
  });

  it('gives way to the next one when the reader asked before the page knew of it', () => {
    const asked = afterAsking(first, first.matter, false);
    const fresh = aMatter('plan', 'b');
    expect(mustHold(asked, fresh, undefined)).toBe(false);
    expect(afterShowing(asked, fresh)).toMatchObject({ matter: fresh, before: first.matter, isAskedFor: false });
  });
});
