import type { Guards } from '../../../../services/requests/src/guards.js';
import { allow } from '../allow.js';
import { repair, reset } from '../rogue.js';
import type { Row } from '../row.js';
import { byAnotherRun, pass } from '../votes.js';
import type { World } from '../world.js';

type Outcome = Awaited<ReturnType<typeof reset>>;

async function finish(world: World, id: string): Promise<void> {
  await world.decide(world.people.reviewer, id, 'merge');
  await world.until(id, 'DONE');
}

/** One request all the way; after each reset an admin repairs it, and the next honest decision moves it on. */
async function roundBothGates(world: World): Promise<{ readonly id: string; readonly outcomes: readonly Outcome[] }> {
  const project = await world.project('reset');
  const id = await world.request(project);
  await world.until(id, 'PLAN_REVIEW');
  const beforePlan = await reset(world, project, id, { activity: 'records.openGate', gate: 'plan' });
  await repair(world, id);
  await world.decide(world.people.reviewer, id, 'plan');
  await world.until(id, 'MERGE_REVIEW');
  const beforeMerge = await reset(world, project, id, { activity: 'records.openGate', gate: 'merge' });
  await repair(world, id);
  const afterPlan = await reset(world, project, id, { activity: 'agent.execute' });
  await repair(world, id);
  await finish(world, id);
  // It has ended, so nothing is left to repair.
  const afterMerge = await reset(world, project, id, { activity: 'vcs.merge' });
  await world.temporal.workflow.getHandle(`request-${id}`).terminate();
  return { id, outcomes: [beforePlan, beforeMerge, afterPlan, afterMerge] };
}

/** Whether a run that Temporal made of an old point of the history closes the gate, as the run that it replaced would. */
const comesThrough = (guards: Partial<Guards>): Promise<boolean> =>
  byAnotherRun(guards, async (h) => {
    const id = await h.create();
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', await h.toPlanReview(id));
    h.actAs(id, 'run-of-a-reset');
    return pass(h, id, 'plan', [decisionId]);
  });

export const row: Row = {
  number: 17,
  title: '`workflow reset` to before and after each gate',
  class: 'fenced',
  guard: 'isOwner',
  async control(world) {
    await finish(world, await world.toMergeReview(await world.project('reset')));
  },
  async attack(world) {
    const { id, outcomes } = await roundBothGates(world);
    if (!outcomes.every(({ codes }) => codes.length > 0)) throw new Error('a run that was reset made no call');
    const left = await world.left(id, 'run-superseded', 'RUN_SUPERSEDED');
    return { class: 'fenced', codes: outcomes.flatMap(({ codes }) => codes), left, moved: outcomes.some(({ moved }) => moved) };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ isOwner: allow(true) }) }),
};
