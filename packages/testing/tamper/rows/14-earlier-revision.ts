import type { Guards } from '../../../../services/requests/src/guards.js';
import type { Harness } from '../../../../services/requests/test/harness.js';
import { allow } from '../allow.js';
import { copyOf, copyVote, dropOf, editVote, openOf, planGate, sendVote, type Stored } from '../envelopes.js';
import type { Row } from '../row.js';
import { isTaken, onRecords, pass, passes } from '../votes.js';
import type { World } from '../world.js';

/** The reviewer approved revision 1; somebody else had it changed, and revision 2 is open. */
async function revised(world: World) {
  const id = await planGate(world, 2);
  const { decisionId } = await world.decide(world.people.reviewer, id, 'plan');
  await isTaken(world, decisionId);
  await world.revise(world.people.admin, id, 1);
  return { id, decisionId: decisionId ?? '' };
}

/**
 * The signed row stays as it is: only that revision 2 ended its life is undone. People are looked up by the rows of the
 * open revision, so a dead one is put there.
 */
async function revive(of: World | Harness, id: string, voteId: string): Promise<Stored> {
  await copyVote(of, voteId, { ...(await openOf(of, id, 'plan')), live: false });
  return editVote(of, voteId, { live: true });
}

const comesThrough = (guards: Partial<Guards>): Promise<boolean> =>
  onRecords(guards, async (h) => {
    const id = await h.create();
    const shown = await h.toPlanReview(id);
    const approval = (await h.vote(id, 'reviewer', 'plan', shown)).decisionId ?? '';
    const against = await h.vote(id, 'second', 'plan', shown, 'request-changes');
    await pass(h, id, 'plan', [against.decisionId]);
    await h.put(id, 'plan', h.anotherPlan(), 'plan-2');
    await h.open(id, 'plan');
    await revive(h, id, approval);
    const { outcome } = await h.records.closeGate({ requestId: id, gate: 'plan', revision: 2, decisionIds: [approval] });
    return outcome === 'passed';
  });

export const row: Row = {
  number: 14,
  title: 'genuine envelope of an earlier revision',
  class: 'dropped',
  guard: 'revisionFault',
  async control(world) {
    const { id } = await revised(world);
    for (const person of [world.people.reviewer, world.people.admin]) await world.decide(person, id, 'plan');
    await passes(world, id, 'plan');
  },
  async attack(world) {
    const { reviewer, admin } = world.people;
    const { id, decisionId } = await revised(world);
    const vote = await revive(world, id, decisionId);
    const wasAccepted = await sendVote(world, id, copyOf(vote, await openOf(world, id, 'plan')));
    const second = await world.decide(admin, id, 'plan');
    const left = await dropOf(world, id, vote.id, 'STALE_REVISION');
    const wasOpen = (await world.gate(id, 'plan')).state === 'open';
    const honest = await world.decide(reviewer, id, 'plan');
    const isCounted = wasOpen && second.outcome !== 'refused' && honest.outcome !== 'refused' && (await passes(world, id, 'plan'));
    return { class: 'dropped', wasAccepted, code: String(left.payload['code']), left, honestVoteCounts: isCounted };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ revisionFault: allow(undefined) }) }),
};
