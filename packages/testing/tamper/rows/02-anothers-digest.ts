import type { Guards } from '../../../../services/requests/src/guards.js';
import { FACTS } from '../../../../services/requests/test/harness.js';
import { allow } from '../allow.js';
import type { Row } from '../row.js';
import { atPlanReview, onRecords, pass, reviewerPasses, voteOf } from '../votes.js';
import type { World } from '../world.js';

/** Two requests of one project wait for the same people; the first is the one that was read. */
async function two(world: World): Promise<readonly [string, string]> {
  const project = await world.project('two');
  return Promise.all([atPlanReview(world, project), atPlanReview(world, project)]);
}

const comesThrough = (guards: Partial<Guards>): Promise<boolean> =>
  onRecords(guards, async (h) => {
    const shown = await h.toPlanReview(await h.create());
    const id = await h.create();
    await h.put(id, 'spec', FACTS.spec);
    await h.open(id, 'spec');
    await h.put(id, 'plan', h.anotherPlan());
    await h.open(id, 'plan');
    return pass(h, id, 'plan', [await voteOf(h, id, 'reviewer', 'plan', shown)]);
  });

export const row: Row = {
  number: 2,
  title: "another request's digest",
  class: 'refused',
  guard: 'isShown',
  async control(world) {
    for (const id of await two(world)) await reviewerPasses(world, id, 'plan');
  },
  async attack(world) {
    const [shown, id] = await two(world);
    const { digest } = await world.gate(shown, 'plan');
    const { code } = await world.decide(world.people.reviewer, id, 'plan', { digest });
    const left = await world.left(id, 'decision-refused', 'STALE_DIGEST');
    return { class: 'refused', code: code ?? '', left, worksAfterwards: await reviewerPasses(world, id, 'plan') };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ isShown: allow(true) }) }),
};
