import { AppError } from '@countersign/domain';

import { harness } from '../../../../services/requests/test/harness.js';
import type { Guards } from '../../../../services/requests/src/guards.js';
import { allow } from '../allow.js';
import { onRecords, repair, RogueRun, standing } from '../rogue.js';
import type { Row } from '../row.js';
import { reviewerPasses } from '../votes.js';
import type { Project, World } from '../world.js';

/** The way on that only a closed gate may take. */
const ON = ['QUEUED', 'EXECUTING'];

async function inReview(world: World): Promise<{ readonly id: string; readonly project: Project }> {
  const project = await world.project('illegal');
  const id = await world.request(project);
  await world.until(id, 'PLAN_REVIEW');
  return { id, project };
}

/**
 * A run of the attacker's own that owns the request: the genuine one is ended, theirs takes its name, and an admin who sees
 * a request that stands still repairs it. That much whoever reaches Temporal can do, so the table of moves has to hold alone.
 */
async function ownedBy(world: World, id: string): Promise<RogueRun> {
  const workflowId = `request-${id}`;
  await world.temporal.workflow.getHandle(workflowId).terminate('an attack');
  const rogue = await RogueRun.start(world, workflowId);
  await repair(world, id);
  return rogue;
}

async function comesThrough(guards: Partial<Guards>): Promise<boolean> {
  const h = await harness({}, { guards });
  try {
    const id = await h.create();
    await h.toPlanReview(id);
    const { state } = await h.records.transition({ requestId: id, moves: ['QUEUED'] });
    return state === 'QUEUED';
  } catch (error) {
    if (error instanceof AppError && error.code === 'ILLEGAL_MOVE') return false;
    throw error;
  } finally {
    await h.close();
  }
}

export const row: Row = {
  number: 19,
  title: 'illegal `records.transition`',
  class: 'refused',
  guard: 'needsClosedGate',
  async control(world) {
    const { id } = await inReview(world);
    if (!(await reviewerPasses(world, id, 'plan'))) throw new Error(`the plan gate of ${id} did not pass`);
  },
  async attack(world) {
    const { id, project } = await inReview(world);
    const rogue = await ownedBy(world, id);
    const before = await standing(world, project, id);
    const codes = await rogue.call([['QUEUED'], ON, ['PUBLISHING'], ['MERGING']].map((moves) => onRecords('transition', { requestId: id, moves })));
    if ((await standing(world, project, id)) !== before) throw new Error(`${id} was moved past its plan gate`);
    const left = await world.left(id, 'call-refused', 'ILLEGAL_MOVE');
    await rogue.end();
    await repair(world, id);
    return { class: 'refused', code: [...new Set(codes)].join(), left, worksAfterwards: await reviewerPasses(world, id, 'plan') };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ needsClosedGate: allow(false) }) }),
};
