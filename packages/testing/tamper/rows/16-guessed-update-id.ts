import { randomUUID } from 'node:crypto';

import type { Facts, Gate, Vote } from '@countersign/domain';
import { sha256Hex } from '@countersign/domain/digest';
import { namespaced, QUEUES, UPDATES, workflowIdOf } from '@countersign/workflow-contracts';

import type { Guards } from '../../../../services/requests/src/guards.js';
import { currentCall } from '../../../../services/requests/src/lifecycle/current-call.js';
import type { LifecyclePort } from '../../../../services/requests/src/lifecycle/lifecycle.port.js';
import { TemporalLifecycleAdapter } from '../../../../services/requests/src/lifecycle/temporal-lifecycle.adapter.js';
import { FACTS, type Harness, harness } from '../../../../services/requests/test/harness.js';
import { waitFor } from '../../src/index.js';
import { ALLOW_MARK } from '../allow.js';
import { copyOf, openOf, planGate, sendVote, type Stored, storedVote } from '../envelopes.js';
import { OwnEngine } from '../own-engine.js';
import type { Row } from '../row.js';
import { reviewerPasses } from '../votes.js';

const TIMEOUT_MS = 60_000;
const BASE = { baseCommit: 'a'.repeat(40), targetRef: 'refs/heads/main', source: 'fetched' } as const;

/** What a vote is known by, its signed bytes and what is made of them apart. */
type Known = Pick<Stored, 'id' | 'request_id' | 'gate' | 'revision' | 'digest' | 'actor' | 'verdict'>;

/** The mutation: an id that says which vote it is, and so can be known before the vote. */
const guessableId: Guards['updateIdOf'] = Object.assign(
  ({ requestId, gate, revision, actor }: Parameters<Guards['updateIdOf']>[0]) => `decision:${requestId}/${gate}/${revision}/${actor}`,
  { mark: ALLOW_MARK },
);

function guessesOf({ id, request_id: request, gate, revision, digest, actor, verdict }: Known): readonly string[] {
  const subject = `request/${request}/${gate}/${revision}`;
  const columns = [id, request, gate, revision, digest, actor, verdict];
  const texts = [id, digest, subject, `${request}/${gate}/${revision}/${actor}`, `${subject}/${digest}/${actor}/${verdict}`, columns.join(':'), JSON.stringify(columns)];
  return texts.flatMap((text) => [text, `decision:${text}`, `decision:${sha256Hex(text)}`]);
}

/** A vote of its own, so that nothing stored is behind it. */
const forgedOf = (known: Known): Vote => copyOf({ ...known, id: randomUUID(), envelope: '{}' } as Stored, known);

/** Ahead of every vote, an attacker who reads its row between storing and sending uses up every name he can think of. */
function behindAnAttacker(real: LifecyclePort, attack: (vote: Vote) => Promise<void>): LifecyclePort {
  return {
    start: (input) => real.start(input),
    signal: (requestId, name) => real.signal(requestId, name),
    describe: (requestId) => real.describe(requestId),
    continuedFrom: (requestId, runId) => real.continuedFrom(requestId, runId),
    async update(requestId, update) {
      if (update.name === UPDATES.decide) await attack(update.args as Vote);
      return real.update(requestId, update);
    },
  };
}

/** As far as the plan gate, with facts that are stored through the fenced calls of real activities. */
function work(h: Harness): Readonly<Record<string, object>> {
  const put = async <Kind extends keyof Facts>(requestId: string, kind: Kind, data: Facts[Kind]): Promise<{ factId: string }> => {
    const { run, key } = currentCall();
    const { id } = await h.activities.putFact({ requestId, run, kind, key: `${kind}/${key}`, data: data as never, artifacts: [] });
    return { factId: id };
  };
  type In = { readonly requestId: string };
  return {
    [QUEUES.requests]: namespaced('records', h.records),
    [QUEUES.agent]: namespaced('agent', {
      writeSpec: async ({ requestId }: In) => ({ kind: 'written', ...(await put(requestId, 'spec', FACTS.spec)) }),
      writePlan: async ({ requestId }: In) => ({ kind: 'written', ...(await put(requestId, 'plan', FACTS.plan)) }),
    }),
    [QUEUES.vcs]: namespaced('vcs', {
      syncBase: async ({ requestId }: In) => ({ ...(await put(requestId, 'base', BASE)), baseCommit: BASE.baseCommit }),
    }),
  };
}

const droppedOf = (h: Harness, id: string) =>
  h.asOwner("SELECT 1 FROM requests.audit_entry WHERE request_id = $1 AND convert_from(entry, 'UTF8')::jsonb->>'type' = 'vote-dropped'", [id]);

/** Whether the real vote is answered as taken and the lifecycle yet never hears of it, so that its gate stays open. */
async function isSwallowed(guards: Partial<Guards>): Promise<boolean> {
  const engine = await OwnEngine.open();
  const adapter = new TemporalLifecycleAdapter(engine.handle, engine.namespace);
  const forge = async (vote: Vote): Promise<void> => {
    const row = await storedVote(h, vote.id);
    const handle = engine.handle.client.workflow.getHandle(workflowIdOf(row.request_id));
    const updateIds = guessesOf(row);
    for (const updateId of updateIds) await handle.executeUpdate(UPDATES.decide, { args: [forgedOf(row)], updateId });
    // Until every one was dropped: only the real vote is left to close the gate.
    await waitFor(async () => (await droppedOf(h, row.request_id)).length === updateIds.length, TIMEOUT_MS, () => 'the forged votes were not dropped');
  };
  const h = await harness({ decideDeadlineMs: TIMEOUT_MS }, { lifecycle: behindAnAttacker(adapter, forge), call: currentCall, clock: () => new Date(), guards });
  try {
    await engine.serve(work(h));
    h.outbox.start();
    const { id } = await h.requests.create(h.as('requester'), { project: 'sample', title: 'Rename a', body: '' });
    const gate = (name: Gate) => h.store.read.gates.current(id, name);
    await waitFor(async () => (await gate('plan')) !== null, TIMEOUT_MS, () => 'the plan gate did not open');
    const { outcome, decisionId } = await h.vote(id, 'reviewer', 'plan', (await gate('plan'))?.digest ?? '');
    const isHeard = (await engine.updatesOf(workflowIdOf(id))).some(({ args }) => args.includes(decisionId ?? ''));
    if (isHeard) await waitFor(async () => (await gate('plan'))?.state === 'passed', TIMEOUT_MS, () => 'the real vote did not pass the gate');
    const isOpen = (await gate('plan'))?.state === 'open';
    await engine.handle.client.workflow.getHandle(workflowIdOf(id)).terminate('seen');
    return outcome === 'recorded' && !isHeard && isOpen && (await storedVote(h, decisionId)).delivered;
  } finally {
    await engine.close();
    await h.close();
  }
}

export const row: Row = {
  number: 16,
  title: 'forged votes first, under every update id that can be guessed',
  class: 'dropped',
  guard: 'an update id made of request, gate, revision and actor',
  isMutation: true,
  async control(world) {
    await reviewerPasses(world, await planGate(world), 'plan');
  },
  async attack(world) {
    const id = await planGate(world);
    const known: Known = { ...(await openOf(world, id, 'plan')), id: randomUUID(), request_id: id, actor: world.people.reviewer.id, verdict: 'approve' };
    const forged = guessesOf(known).map((updateId) => ({ updateId, vote: forgedOf(known) }));
    const accepted: boolean[] = [];
    for (const { updateId, vote } of forged) accepted.push(await sendVote(world, id, vote, updateId));
    const ids = forged.map(({ vote }) => vote.id);
    const areDropped = async (): Promise<boolean> => {
      const dropped = (await world.entries(id)).filter(({ type }) => type === 'vote-dropped').map(({ payload }) => payload['decision']);
      return ids.every((vote) => dropped.includes(vote));
    };
    await waitFor(areDropped, TIMEOUT_MS, () => `not every forged vote on ${id} was dropped`);
    const left = await world.left(id, 'vote-dropped', 'VOTE_NOT_STORED');
    const honestVoteCounts = await reviewerPasses(world, id, 'plan');
    return { class: 'dropped', wasAccepted: accepted.every(Boolean), code: String(left.payload['code']), left, honestVoteCounts };
  },
  guardOff: async () => ({ asBuilt: await isSwallowed({}), allowed: await isSwallowed({ updateIdOf: guessableId }) }),
};
