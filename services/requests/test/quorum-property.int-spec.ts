import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Role } from '@countersign/domain';
import { aPlan } from '@countersign/domain/testing';
import fc from 'fast-check';

import { listed } from '../src/signing/key-ring.js';
import { FACTS, type Harness, harness } from './harness.js';

const PEOPLE = ['reviewer', 'second', 'maintainer', 'admin', 'observer', 'requester'] as const;
type Person = (typeof PEOPLE)[number];
const COUNTING: readonly Role[] = ['reviewer', 'maintainer', 'admin'];

type Step =
  | { readonly kind: 'vote' | 'suspend' | 'restore' | 'demote' | 'promote'; readonly who: Person }
  | { readonly kind: 'revise' | 'rotate' | 'stolen' | 'closeAll' | 'closeSome' };

const person = fc.constantFrom(...PEOPLE);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: person.map((who) => ({ kind: 'vote' as const, who })) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('suspend' as const, 'restore' as const, 'demote' as const, 'promote' as const), who: person }) },
  { weight: 3, arbitrary: fc.constantFrom<Step>({ kind: 'revise' }, { kind: 'rotate' }, { kind: 'stolen' }) },
  { weight: 5, arbitrary: fc.constantFrom<Step>({ kind: 'closeAll' }, { kind: 'closeSome' }) },
);

/** What should hold, kept without looking at what the service stored. */
class Model {
  readonly active = new Map<Person, boolean>(PEOPLE.map((who) => [who, true]));
  readonly role = new Map<Person, Role>([['reviewer', 'reviewer'], ['second', 'reviewer'], ['maintainer', 'maintainer'], ['admin', 'admin'], ['observer', 'observer'], ['requester', 'reviewer']]);
  /** Live approvals of the current revision: the decision, and the key that signed it. */
  votes = new Map<Person, { readonly id: string; readonly key: string }>();
  readonly stolen = new Set<string>();

  counts(who: Person): boolean {
    const vote = this.votes.get(who);
    return vote !== undefined && !this.stolen.has(vote.key) && this.mayDecide(who);
  }

  mayDecide(who: Person): boolean {
    return who !== 'requester' && this.active.get(who) === true && COUNTING.includes(this.role.get(who) ?? 'observer');
  }

  get approvals(): number {
    return PEOPLE.filter((who) => this.counts(who)).length;
  }

  /** What a closing looked at and could not count is dropped for good. */
  drop(ids: readonly string[]): void {
    for (const [who, { id }] of [...this.votes]) if (ids.includes(id) && !this.counts(who)) this.votes.delete(who);
  }
}

describe('a gate', () => {
  let h: Harness;
  beforeAll(async () => {
    h = await harness();
  });
  afterAll(() => h.close());

  const decisionKey = (): string => h.keys.list.keys.findLast(({ purpose, to, revoked }) => purpose === 'decision' && to === null && revoked === null)?.id ?? '';
  const newKey = async (isStolen: boolean): Promise<void> => {
    const old = decisionKey();
    const fresh = await h.keys.create('decision');
    await h.keys.publish(async (list, at) => [
      ...list.keys.map((key) => (key.id !== old ? key : { ...key, to: at, revoked: isStolen ? ({ from: at, reason: 'compromised', good: {} } as const) : null })),
      listed(fresh, 'decision', at),
    ]);
  };

  it('passes with a quorum that is valid now for what is open now, and always when there is one', async () => {
    let passed = 0;
    let held = 0;
    const run = async (steps: readonly Step[], required: number): Promise<void> => {
      h.setSettings({ approvalsRequired: required });
      const model = new Model();
      const stand = (who: Person): void => {
        h.projects.add({ ...h.person(who), active: model.active.get(who) === true, grants: [{ role: model.role.get(who) ?? 'observer', project: '*' }] });
      };
      PEOPLE.forEach(stand);
      const id = await h.create();
      let digest = await h.toPlanReview(id);
      let revision = 1;
      const close = async (ids: readonly string[]) => {
        const before = model.approvals;
        const result = await h.records.closeGate({ requestId: id, gate: 'plan', revision, decisionIds: ids });
        if (result.outcome === 'passed') expect(before).toBeGreaterThanOrEqual(required);
        else expect(result.outcome).toBe('open');
        return result.outcome;
      };
      for (const one of [...steps, { kind: 'closeAll' } as const]) {
        switch (one.kind) {
          case 'vote': {
            const key = decisionKey();
            const answer = await h.vote(id, one.who, 'plan', digest).catch(() => ({ outcome: 'refused', decisionId: null }));
            expect(answer.outcome !== 'refused').toBe(model.mayDecide(one.who));
            // Whoever votes again after a theft counts again.
            const before = model.votes.get(one.who);
            const isSame = before?.id === answer.decisionId && !model.stolen.has(before?.key ?? '');
            if (answer.decisionId !== null && !isSame) model.votes.set(one.who, { id: answer.decisionId, key });
            break;
          }
          case 'suspend':
          case 'restore':
            model.active.set(one.who, one.kind === 'restore');
            stand(one.who);
            break;
          case 'demote':
          case 'promote':
            model.role.set(one.who, one.kind === 'promote' ? 'reviewer' : 'observer');
            stand(one.who);
            break;
          case 'rotate':
          case 'stolen':
            if (one.kind === 'stolen') model.stolen.add(decisionKey());
            await newKey(one.kind === 'stolen');
            break;
          case 'revise': {
            h.projects.add(h.person('admin'));
            const asked = await h.vote(id, 'admin', 'plan', digest, 'request-changes');
            expect(await h.records.closeGate({ requestId: id, gate: 'plan', revision, decisionIds: [asked.decisionId ?? ''] })).toMatchObject({ outcome: 'changes' });
            stand('admin');
            revision += 1;
            await h.put(id, 'plan', { ...FACTS.plan, plan: aPlan({ summary: `revision ${revision}` }) }, `plan-${revision}`);
            const opened = await h.open(id, 'plan');
            if (opened.outcome !== 'open') throw new Error('a plan that nobody saw passed');
            digest = opened.digest;
            model.votes = new Map();
            break;
          }
          case 'closeSome':
          case 'closeAll': {
            const all = [...model.votes.values()].map((vote) => vote.id);
            const ids = one.kind === 'closeAll' ? all : all.slice(0, Math.ceil(all.length / 2));
            const enough = model.approvals >= required;
            const outcome = await close(ids);
            if (outcome === 'passed') {
              passed += 1;
              return;
            }
            if (one.kind === 'closeAll') expect(enough).toBe(false);
            model.drop(all);
            held += 1;
            break;
          }
        }
      }
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), fc.integer({ min: 1, max: 3 }), run), { numRuns: 60 });
    // Neither half of the claim was left untried.
    expect([passed > 5, held > 20]).toEqual([true, true]);
  }, 240_000);
});
