import type { Guards } from '../../../../services/requests/src/guards.js';
import type { Harness } from '../../../../services/requests/test/harness.js';
import { allow } from '../allow.js';
import { copyOf, copyVote, dropOf, openOf, planGate, sendVote, type Stored } from '../envelopes.js';
import type { Row } from '../row.js';
import { onRecords, pass, passes, reviewerPasses } from '../votes.js';
import type { World } from '../world.js';

/** Every column says this request's open plan gate; the signed bytes say the other's. */
async function putUnder(of: World | Harness, id: string, voteId: string): Promise<Stored> {
  return copyVote(of, voteId, { request_id: id, ...(await openOf(of, id, 'plan')), live: true, delivered: false });
}

const comesThrough = (guards: Partial<Guards>): Promise<boolean> =>
  onRecords(guards, async (h) => {
    const other = await h.create();
    const { decisionId } = await h.vote(other, 'reviewer', 'plan', await h.toPlanReview(other));
    const id = await h.create();
    await h.toPlanReview(id);
    return pass(h, id, 'plan', [(await putUnder(h, id, decisionId ?? '')).id]);
  });

export const row: Row = {
  number: 13,
  title: 'genuine envelope of another request',
  class: 'dropped',
  guard: 'isGenuine',
  async control(world) {
    await reviewerPasses(world, await planGate(world), 'plan');
  },
  async attack(world) {
    const [other, id] = await Promise.all([planGate(world), planGate(world)]);
    const { decisionId } = await world.decide(world.people.reviewer, other, 'plan');
    await passes(world, other, 'plan');
    const vote = await putUnder(world, id, decisionId ?? '');
    const wasAccepted = await sendVote(world, id, copyOf(vote, await openOf(world, id, 'plan')));
    const left = await dropOf(world, id, vote.id, 'VOTE_MISMATCH');
    return { class: 'dropped', wasAccepted, code: String(left.payload['code']), left, honestVoteCounts: await reviewerPasses(world, id, 'plan') };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ isGenuine: allow(true) }) }),
};
