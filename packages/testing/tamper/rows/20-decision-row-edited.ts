import type { Guards } from '../../../../services/requests/src/guards.js';
import { allow } from '../allow.js';
import { copyOf, dropOf, editVote, openOf, planGate, sendVote } from '../envelopes.js';
import type { Row } from '../row.js';
import { isTaken, onRecords, pass, passes } from '../votes.js';
import type { World } from '../world.js';

const twoNeeded = (world: World): Promise<string> => planGate(world, 2);

/** The reviewer's vote becomes somebody else's, so that the reviewer may vote once more. */
const comesThrough = (guards: Partial<Guards>): Promise<boolean> =>
  onRecords(guards, async (h) => {
    h.setSettings({ approvalsRequired: 2 });
    const id = await h.create();
    const shown = await h.toPlanReview(id);
    const first = (await h.vote(id, 'reviewer', 'plan', shown)).decisionId ?? '';
    await editVote(h, first, { actor: 'second' });
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', shown);
    return decisionId !== first && pass(h, id, 'plan', [first, decisionId]);
  });

export const row: Row = {
  number: 20,
  title: 'decision row edited in Postgres: one person counted as two',
  class: 'dropped',
  guard: 'isGenuine',
  async control(world) {
    const id = await twoNeeded(world);
    for (const person of [world.people.reviewer, world.people.admin]) await world.decide(person, id, 'plan');
    await passes(world, id, 'plan');
  },
  async attack(world) {
    const { reviewer, admin } = world.people;
    const id = await twoNeeded(world);
    const { decisionId } = await world.decide(reviewer, id, 'plan');
    await isTaken(world, decisionId);
    const edited = await editVote(world, decisionId ?? '', { actor: admin.id });
    const wasAccepted = await sendVote(world, id, copyOf(edited, await openOf(world, id, 'plan')));
    const again = await world.decide(reviewer, id, 'plan');
    const left = await dropOf(world, id, edited.id, 'VOTE_MISMATCH');
    const isOneShort = again.decisionId !== decisionId && (await world.gate(id, 'plan')).state === 'open';
    const honest = await world.decide(admin, id, 'plan');
    const isCounted = isOneShort && honest.outcome !== 'refused' && (await passes(world, id, 'plan'));
    return { class: 'dropped', wasAccepted, code: String(left.payload['code']), left, honestVoteCounts: isCounted };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ isGenuine: allow(true) }) }),
};
