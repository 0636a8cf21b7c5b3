import { randomUUID } from 'node:crypto';

import { AppError } from '@countersign/domain';
import { QUEUES } from '@countersign/workflow-contracts';

import type { Guards } from '../../../../services/requests/src/guards.js';
import { allow } from '../allow.js';
import { whilePushing } from '../push.js';
import { factOf, type RogueCall, RogueRun, standing } from '../rogue.js';
import type { Row } from '../row.js';
import type { World } from '../world.js';

/** Executed, published and about to be merged: there is something to execute again, to push and to merge. */
async function victim(world: World) {
  const project = await world.project('rogue');
  return { project, id: await world.toMergeReview(project) };
}

async function calls(world: World, requestId: string): Promise<readonly RogueCall[]> {
  const executionId = await factOf(world, requestId, 'execution');
  return [
    { queue: QUEUES.agent, activity: 'agent.execute', input: { requestId, attempt: 2, feedback: [] } },
    { queue: QUEUES.vcs, activity: 'vcs.push', input: { requestId, executionId } },
    { queue: QUEUES.vcs, activity: 'vcs.merge', input: { requestId, mergePrepId: await factOf(world, requestId, 'mergePrep') } },
  ];
}

async function comesThrough(guards: Partial<Guards>): Promise<boolean> {
  return whilePushing(guards, async ({ id, push, branch }) => {
    try {
      await push({ workflowId: `rogue-${id}`, runId: randomUUID() });
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'RUN_SUPERSEDED')) throw error;
    }
    return (await branch()) !== undefined;
  });
}

export const row: Row = {
  number: 18,
  title: 'rogue workflow on our task queues calling execute, push, merge',
  class: 'fenced',
  guard: 'isOwner',
  async control(world) {
    const { id } = await victim(world);
    await world.decide(world.people.reviewer, id, 'merge');
    await world.until(id, 'DONE');
  },
  async attack(world) {
    const { project, id } = await victim(world);
    const before = await standing(world, project, id);
    const wanted = await calls(world, id);
    // The name of the lifecycle itself is taken while it runs; row 19 ends it first.
    const names = [`rogue-${randomUUID()}`, `request-${id}-1`, `request-${randomUUID()}`, `REQUEST-${id}`];
    const codes = await Promise.all(
      names.map(async (name) => {
        const rogue = await RogueRun.start(world, name);
        const answered = await rogue.call(wanted);
        await rogue.end();
        return answered;
      }),
    );
    const left = await world.left(id, 'run-superseded', 'RUN_SUPERSEDED');
    const moved = (await standing(world, project, id)) !== before;
    await world.decide(world.people.reviewer, id, 'merge');
    await world.until(id, 'DONE');
    return { class: 'fenced', codes: codes.flat(), left, moved };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ isOwner: allow(true) }) }),
};
