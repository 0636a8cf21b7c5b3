import type { Guards } from '../../../../services/requests/src/guards.js';
import { allow } from '../allow.js';
import type { Row } from '../row.js';
import { atPlanReview, onRecords, pass, passes, reviewerPasses, voteOf } from '../votes.js';

const comesThrough = (guards: Partial<Guards>): Promise<boolean> =>
  onRecords(guards, async (h) => {
    const id = await h.create('requester');
    const shown = await h.toPlanReview(id);
    return pass(h, id, 'plan', [await voteOf(h, id, 'requester', 'plan', shown)]);
  });

export const row: Row = {
  number: 4,
  title: 'own request',
  class: 'refused',
  guard: 'isOthers',
  async control(world) {
    const id = await atPlanReview(world, await world.project('own', { requesterMayApprove: true }));
    await world.decide(world.people.maintainer, id, 'plan');
    await passes(world, id, 'plan');
  },
  async attack(world) {
    const id = await atPlanReview(world, await world.project('own'));
    const { code } = await world.decide(world.people.maintainer, id, 'plan');
    const left = await world.left(id, 'decision-refused', 'OWN_REQUEST');
    return { class: 'refused', code: code ?? '', left, worksAfterwards: await reviewerPasses(world, id, 'plan') };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ isOthers: allow(true) }) }),
};
