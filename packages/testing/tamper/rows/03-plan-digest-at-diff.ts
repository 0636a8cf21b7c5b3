import type { Guards } from '../../../../services/requests/src/guards.js';
import { allow } from '../allow.js';
import type { Row } from '../row.js';
import { atPlanReview, onRecords, pass, reviewerPasses, toDiffReview, voteOf } from '../votes.js';
import type { World } from '../world.js';

/** What was approved as a plan has been carried out, and people are asked about the result. */
async function atDiffReview(world: World): Promise<string> {
  const id = await atPlanReview(world, await world.project('diff', { gates: { diff: 'required' } }));
  await world.decide(world.people.reviewer, id, 'plan');
  await world.until(id, 'DIFF_REVIEW');
  return id;
}

const comesThrough = (guards: Partial<Guards>): Promise<boolean> =>
  onRecords(guards, async (h) => {
    const id = await h.create();
    const shown = await toDiffReview(h, id);
    return pass(h, id, 'diff', [await voteOf(h, id, 'reviewer', 'diff', shown)]);
  });

export const row: Row = {
  number: 3,
  title: "the plan's digest at the diff gate",
  class: 'refused',
  guard: 'isShown',
  async control(world) {
    await reviewerPasses(world, await atDiffReview(world), 'diff');
  },
  async attack(world) {
    const id = await atDiffReview(world);
    const { digest } = await world.gate(id, 'plan');
    const { code } = await world.decide(world.people.reviewer, id, 'diff', { digest });
    const left = await world.left(id, 'decision-refused', 'STALE_DIGEST');
    return { class: 'refused', code: code ?? '', left, worksAfterwards: await reviewerPasses(world, id, 'diff') };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ isShown: allow(true) }) }),
};
