import { randomUUID } from 'node:crypto';

import type { Guards } from '../../../../services/requests/src/guards.js';
import { allow } from '../allow.js';
import { factOf, onRecords, RogueRun, standing } from '../rogue.js';
import type { Row } from '../row.js';
import { byAnotherRun, pass, reviewerPasses } from '../votes.js';
import type { World } from '../world.js';

/** What our activities do not have: a caller's word about settings, votes and verdicts. */
const CLAIMS = { setting: 'off', settings: { gates: { spec: 'off', plan: 'off', diff: 'off', merge: 'off' } }, verdict: { effect: 'allow', policyIds: ['mine'] }, outcome: 'passed', required: 0 };

/** Its spec was approved by a person, its plan gate is open. */
async function halfDecided(world: World) {
  const project = await world.project('claims', { gates: { spec: 'required' } });
  const id = await world.request(project);
  await world.until(id, 'SPEC_REVIEW');
  await world.decide(world.people.reviewer, id, 'spec');
  await world.until(id, 'PLAN_REVIEW');
  return { project, id };
}

/**
 * Whether a foreign run opens the plan gate anew over a plan that was approved and is being executed. Its claims count for
 * nothing also where the fence is down: there is no member that they could be read from, and the gate waits for people.
 */
const comesThrough = (guards: Partial<Guards>): Promise<boolean> =>
  byAnotherRun(guards, async (h) => {
    const id = await h.create();
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', await h.toPlanReview(id));
    await pass(h, id, 'plan', [decisionId]);
    h.owner.run = { workflowId: `rogue-${id}`, runId: randomUUID() };
    const another = await h.put(id, 'plan', h.anotherPlan(), 'plan-of-mine');
    const opened = await h.records.openGate({ requestId: id, gate: 'plan', facts: { plan: another.id }, ...CLAIMS });
    const closed = await h.records.closeGate({ requestId: id, gate: 'plan', revision: opened.revision, decisionIds: [decisionId ?? ''], ...CLAIMS });
    if (opened.outcome === 'passed' || closed.outcome !== 'open') throw new Error('what a caller claims of a gate counted');
    const [row] = await h.asOwner<{ state: string }>('SELECT state FROM requests.request WHERE id = $1', [id]);
    return row?.state === 'PLAN_REVIEW';
  });

export const row: Row = {
  number: 41,
  title: 'rogue workflow claims gate off, passes a verdict, proposes over a decided subject',
  class: 'fenced',
  guard: 'isOwner',
  async control(world) {
    const { id } = await halfDecided(world);
    if (!(await reviewerPasses(world, id, 'plan'))) throw new Error(`the plan gate of ${id} did not pass`);
  },
  async attack(world) {
    const { project, id } = await halfDecided(world);
    const before = await standing(world, project, id);
    const facts = { spec: await factOf(world, id, 'spec'), plan: await factOf(world, id, 'plan') };
    const rogue = await RogueRun.start(world, `rogue-${randomUUID()}`);
    const codes = await rogue.call([
      onRecords('openGate', { requestId: id, gate: 'plan', facts: {}, ...CLAIMS }),
      onRecords('closeGate', { requestId: id, gate: 'plan', revision: 1, decisionIds: [], ...CLAIMS }),
      onRecords('openGate', { requestId: id, gate: 'spec', facts, reopened: { code: 'STALE_DIGEST' }, ...CLAIMS }),
      onRecords('closeGate', { requestId: id, gate: 'spec', revision: 1, decisionIds: [], ...CLAIMS }),
    ]);
    await rogue.end();
    const left = await world.left(id, 'run-superseded', 'RUN_SUPERSEDED');
    const moved = (await standing(world, project, id)) !== before;
    if (!(await reviewerPasses(world, id, 'plan'))) throw new Error(`the plan gate of ${id} did not pass afterwards`);
    return { class: 'fenced', codes, left, moved };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ isOwner: allow(true) }) }),
};
