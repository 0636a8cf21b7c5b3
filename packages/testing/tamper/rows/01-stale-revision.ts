import type { Guards } from '../../../../services/requests/src/guards.js';
import { allow } from '../allow.js';
import type { Row } from '../row.js';
import { atPlanReview, onRecords, pass } from '../votes.js';
import type { World } from '../world.js';

/** A request whose plan was sent back once: revision 2 is open, and what revision 1 showed is known. */
async function revised(world: World) {
  const { reviewer } = world.people;
  const id = await atPlanReview(world, await world.project('stale'));
  const { digest } = await world.gate(id, 'plan');
  await world.revise(reviewer, id, 1);
  return { id, digest };
}

/** Whether the plan gate passes by a vote on what revision 1 showed. */
const comesThrough = (guards: Partial<Guards>): Promise<boolean> =>
  onRecords(guards, async (h) => {
    const id = await h.create();
    const shown = await h.toPlanReview(id);
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', shown, 'request-changes');
    await pass(h, id, 'plan', [decisionId]);
    await h.put(id, 'plan', h.anotherPlan(), 'plan-2');
    await h.open(id, 'plan');
    const vote = await h.vote(id, 'reviewer', 'plan', shown);
    if (vote.decisionId === null) return false;
    const closed = await h.records.closeGate({ requestId: id, gate: 'plan', revision: 2, decisionIds: [vote.decisionId] });
    return closed.outcome === 'passed';
  });

export const row: Row = {
  number: 1,
  title: "a stale revision's digest",
  class: 'refused',
  guard: 'isShown',
  async control(world) {
    const { id } = await revised(world);
    await world.decide(world.people.reviewer, id, 'plan');
    await world.until(id, 'MERGE_REVIEW');
  },
  async attack(world) {
    const { id, digest } = await revised(world);
    const { code } = await world.decide(world.people.reviewer, id, 'plan', { digest });
    const left = await world.left(id, 'decision-refused', 'STALE_REVISION');
    const honest = await world.decide(world.people.reviewer, id, 'plan');
    await world.until(id, 'MERGE_REVIEW');
    return { class: 'refused', code: code ?? '', left, worksAfterwards: honest.outcome === 'recorded' };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ isShown: allow(true) }) }),
};
