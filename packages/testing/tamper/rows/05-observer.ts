import type { Guards } from '../../../../services/requests/src/guards.js';
import { allow } from '../allow.js';
import type { Row } from '../row.js';
import { atPlanReview, onRecords, pass, passes, reviewerPasses, voteOf } from '../votes.js';

const comesThrough = (guards: Partial<Guards>): Promise<boolean> =>
  onRecords(guards, async (h) => {
    const id = await h.create();
    const shown = await h.toPlanReview(id);
    return pass(h, id, 'plan', [await voteOf(h, id, 'observer', 'plan', shown)]);
  });

export const row: Row = {
  number: 5,
  title: 'observer',
  class: 'refused',
  guard: 'holdsRole',
  async control(world) {
    const id = await atPlanReview(world, await world.project('looked-at'));
    await world.decide(await world.person('voter', 'reviewer'), id, 'plan');
    await passes(world, id, 'plan');
  },
  async attack(world) {
    const id = await atPlanReview(world, await world.project('looked-at'));
    const { observer } = world.people;
    const { code } = await world.decide(observer, id, 'plan');
    const left = await world.left(id, 'decision-refused', 'ROLE_MISSING');
    if (left.actor !== observer.id) throw new Error(`The entry names ${left.actor}`);
    return { class: 'refused', code: code ?? '', left, worksAfterwards: await reviewerPasses(world, id, 'plan') };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ holdsRole: allow(true) }) }),
};
