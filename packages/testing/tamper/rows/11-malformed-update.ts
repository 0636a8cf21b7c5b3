import { randomUUID } from 'node:crypto';

import { namespaced, QUEUES, UPDATES, workflowIdOf } from '@countersign/workflow-contracts';
import { WorkflowUpdateFailedError } from '@temporalio/client';

import { DIGEST, fakeWorld, type FakeWorld } from '../../../../workflows/delivery/src/testing/fake-activities.js';
import { type RandomUpdate, updateSender } from '../../e2e/updates.js';
import { waitFor } from '../../src/index.js';
import type * as workflows from '../any-update.workflow.js';
import { openOf, planGate } from '../envelopes.js';
import { OwnEngine } from '../own-engine.js';
import type { Row } from '../row.js';
import { reviewerPasses } from '../votes.js';
import type { World } from '../world.js';

const TIMEOUT_MS = 60_000;
/** Between two looks that have to see the same. */
const QUIET_MS = 300;

const withoutEnvelope = (open: { readonly revision: number; readonly digest: string }, actor: string) =>
  ({ id: randomUUID(), gate: 'plan', revision: open.revision, digest: open.digest, verdict: 'approve', actor }) as const;

function forgeries(vote: object): readonly RandomUpdate[] {
  const forged = [vote, { ...vote, envelope: '' }, { ...vote, envelope: { payload: 'e30=' } }, { ...vote, envelope: 'x'.repeat(70_000) }, [vote], 'approve', null];
  const words = [UPDATES.comment, UPDATES.cancel, UPDATES.pause, UPDATES.resume, UPDATES.raiseBudget];
  return [...forged.map((said) => ({ name: UPDATES.decide, args: [said] })), { name: UPDATES.decide }, ...words.map((name) => ({ name, args: [{ text: 'now' }] }))];
}

/** How many events the server has stored, and how many entries the audit trail has, once nothing is under way. */
async function traces(world: World, id: string): Promise<string> {
  const handle = world.temporal.workflow.getHandle(workflowIdOf(id));
  const look = async (): Promise<string> => JSON.stringify({ events: (await handle.describe()).historyLength, entries: (await world.entries(id)).length });
  let seen = await look();
  const isQuiet = async (): Promise<boolean> => {
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    const before = seen;
    seen = await look();
    return before === seen;
  };
  await waitFor(isQuiet, TIMEOUT_MS, () => `${id} does not come to rest: ${seen}`);
  return seen;
}

async function send(world: World, id: string, updates: readonly RandomUpdate[]): Promise<readonly string[]> {
  const sender = await updateSender(world.app.state().addresses['temporal'] ?? '');
  try {
    const answers: string[] = [];
    for (const update of updates) answers.push(await sender.send(workflowIdOf(id), update));
    return answers;
  } finally {
    await sender.close();
  }
}

/** As far as the plan gate. */
const queuesOf = ({ records, agent, vcs }: FakeWorld): Readonly<Record<string, object>> => ({
  [QUEUES.requests]: namespaced('records', records),
  [QUEUES.agent]: namespaced('agent', agent),
  [QUEUES.vcs]: namespaced('vcs', vcs),
});

/** Whether a vote without an envelope comes into the history, and so far that the lifecycle asks to close the gate with it. */
async function comesThrough(workflow: keyof typeof workflows): Promise<boolean> {
  const engine = await OwnEngine.open();
  const world = fakeWorld();
  const happens = (call: string): Promise<void> => waitFor(() => Promise.resolve(world.calls.includes(call)), TIMEOUT_MS, () => `no ${call}: ${world.calls.join()}`);
  try {
    await engine.serve(queuesOf(world));
    const [id, updateId] = [randomUUID(), randomUUID()];
    const handle = await engine.handle.client.workflow.start(workflow, { workflowId: workflowIdOf(id), taskQueue: QUEUES.delivery, args: [{ request: id }] });
    await happens('openGate plan');
    const vote = withoutEnvelope({ revision: 1, digest: DIGEST }, 'reviewer');
    const isTaken = await handle.executeUpdate(UPDATES.decide, { args: [vote], updateId }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof WorkflowUpdateFailedError) return false;
        throw error;
      },
    );
    if (isTaken) await happens(`closeGate plan ${vote.id}`);
    const isInHistory = (await engine.updatesOf(handle.workflowId)).some((update) => update.updateId === updateId);
    await handle.terminate('seen');
    return isTaken && isInHistory;
  } finally {
    await engine.close();
  }
}

export const row: Row = {
  number: 11,
  title: 'forged update without an envelope, or malformed',
  class: 'refused',
  guard: 'faultOf',
  async control(world) {
    const id = await planGate(world);
    const before = await traces(world, id);
    const [answer] = await send(world, id, [{ name: UPDATES.comment, args: [{ id: randomUUID() }] }]);
    if (answer !== 'taken' || (await traces(world, id)) === before) throw new Error(`A well-formed update: ${answer}`);
    await reviewerPasses(world, id, 'plan');
  },
  async attack(world) {
    const id = await planGate(world);
    const vote = withoutEnvelope(await openOf(world, id, 'plan'), world.people.reviewer.id);
    const before = await traces(world, id);
    const codes = new Set(await send(world, id, forgeries(vote)));
    const isUntouched = (await traces(world, id)) === before;
    return { class: 'refused', code: [...codes].join('+'), left: { isUntouched }, worksAfterwards: await reviewerPasses(world, id, 'plan') };
  },
  guardOff: async () => ({ asBuilt: await comesThrough('requestLifecycle'), allowed: await comesThrough('anyUpdateLifecycle') }),
};
