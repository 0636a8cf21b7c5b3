import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createLogger } from '@countersign/platform';

import type { RecordsStore } from '../../../../services/requests/src/database/records-store.repository.js';
import { GUARDS } from '../../../../services/requests/src/guards.js';
import { Delivery } from '../../../../services/requests/src/outbox/delivery.js';
import { OutboxDispatcher } from '../../../../services/requests/src/outbox/outbox.dispatcher.js';
import type { OutboxRepository } from '../../../../services/requests/src/outbox/outbox.repository.js';
import { harness } from '../../../../services/requests/test/harness.js';
import { mergeRequestsOf } from '../../e2e/traces.js';
import { waitFor } from '../../src/index.js';
import { allow } from '../allow.js';
import type { Row } from '../row.js';
import { onScratch } from '../stage.js';
import type { World } from '../world.js';

/** See packages/testing/src/fault.ts. */
const MOMENT = 'after a vote is stored, before it is sent';
const WAIT_MS = 60_000;

type Claim = OutboxRepository['claim'];
type Stored = { readonly id: string; readonly actor: string; readonly status: string; readonly delivered: boolean; readonly updateId: string };

/** A request whose plan two people have to approve. */
async function forTwo(world: World): Promise<{ readonly id: string; readonly bare: string }> {
  const project = await world.project('killed', { approvalsRequired: 2 });
  const id = await world.request(project);
  await world.until(id, 'PLAN_REVIEW');
  return { id, bare: project.bare };
}

function votesOf(world: World, id: string): Promise<readonly Stored[]> {
  return world.sql<Stored>(`SELECT id, actor, status, delivered, update_id AS "updateId" FROM requests.decision WHERE request_id = $1 AND gate = 'plan' ORDER BY at`, [id]);
}

/** The same person says the same again, which is the vote of before and makes no quorum; then the second person. */
async function passWithASecond(world: World, id: string, first: string | null): Promise<void> {
  const { reviewer, admin } = world.people;
  const again = await world.decide(reviewer, id, 'plan');
  if (again.outcome !== 'recorded' || again.decisionId !== first) throw new Error(`The vote ${first} again is answered with ${JSON.stringify(again)}`);
  if ((await world.state(id)) !== 'PLAN_REVIEW') throw new Error('The gate passed with one person of two');
  await world.decide(admin, id, 'plan');
  await waitFor(async () => (await world.gate(id, 'plan')).state === 'passed', WAIT_MS, () => `The gate did not pass with two people\n${world.app.output().slice(-3000)}`);
}

/** How often updates of these ids came into the lifecycle's history. */
async function timesSent(world: World, id: string, updateId: string): Promise<number> {
  const { events } = await world.temporal.workflow.getHandle(`request-${id}`).fetchHistory();
  return (events ?? []).filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.meta?.updateId === updateId).length;
}

async function timesPassed(world: World, id: string): Promise<number> {
  const [row] = await world.sql<{ count: number }>(
    `SELECT count(*)::int AS count FROM requests.audit_entry WHERE request_id = $1 AND convert_from(entry, 'UTF8')::jsonb @> jsonb_build_object('type', 'gate-passed', 'subject', 'request/' || $1 || '/plan/1')`,
    [id],
  );
  return row?.count ?? 0;
}

/** Kills the whole installation when the reviewer's vote is committed and nobody was told of it. */
async function killAtTheVote(world: World, id: string): Promise<Stored> {
  const { app, people } = world;
  const fault = join(app.reposDir, 'fault');
  await app.kill9();
  await world.start({ COUNTERSIGN_FAULT_FILE: fault });
  writeFileSync(fault, MOMENT);
  const answer = await world.decide(people.reviewer, id, 'plan').catch(() => undefined);
  await app.ended();
  if (answer || !existsSync(`${fault}.struck`)) throw new Error(`The installation was not killed at the vote: ${JSON.stringify(answer)}`);
  rmSync(`${fault}.struck`);
  const [vote] = await votesOf(world, id);
  if (!vote || vote.delivered || (await timesSent(world, id, vote.updateId)) > 0) throw new Error(`What was stored and not sent is ${JSON.stringify(vote)}`);
  return vote;
}

/** Whether a vote that one process stored never comes to its gate, whatever processes there are later. */
async function isLost(claim?: Claim): Promise<boolean> {
  const h = await harness();
  try {
    const id = await h.create();
    const digest = await h.toPlanReview(id);
    await h.outbox.drain();
    h.lifecycle.failure = new Error('killed');
    await h.vote(id, 'reviewer', 'plan', digest);
    h.lifecycle.failure = undefined;

    const later = (): Date => new Date('2026-11-21T01:00:00.000Z');
    const store = claim ? ({ read: { outbox: Object.assign(Object.create(h.store.read.outbox) as OutboxRepository, { claim }) } } as unknown as RecordsStore) : h.store;
    const next = new OutboxDispatcher(store, new Delivery(h.store, h.lifecycle, later, GUARDS), later, createLogger('test', 'silent'), { intervalMs: 1000, deadlineMs: 1000 });
    await next.drain();
    await next.close();
    const decisionIds = h.lifecycle.updates.map(({ args }) => (args as { readonly id: string }).id);
    if (decisionIds.length === 0) return (await h.store.read.requests.find(id))?.state === 'PLAN_REVIEW';
    return (await h.records.closeGate({ requestId: id, gate: 'plan', revision: 1, decisionIds })).outcome !== 'passed';
  } finally {
    await h.close();
  }
}

export const row: Row = {
  number: 39,
  breaks: true,
  title: 'kill -9 between storing a vote and sending it',
  class: 'no effect',
  guard: 'OutboxRepository.claim',
  async control(world) {
    const { id } = await forTwo(world);
    const { decisionId } = await world.decide(world.people.reviewer, id, 'plan');
    await passWithASecond(world, id, decisionId);
  },
  attack: () =>
    onScratch(async (world) => {
      const { id, bare } = await forTwo(world);
      const stored = await killAtTheVote(world, id);
      await world.start();
      await waitFor(async () => (await votesOf(world, id))[0]?.delivered === true, WAIT_MS, () => `The vote was never sent\n${world.app.output().slice(-3000)}`);
      await passWithASecond(world, id, stored.id);
      await world.until(id, 'MERGE_REVIEW');
      const votes = await votesOf(world, id);
      const counted = votes.filter(({ status }) => status === 'counted').length;
      const now = { stored: votes.length, counted, sent: await timesSent(world, id, stored.updateId), passed: await timesPassed(world, id), mergeRequests: mergeRequestsOf(bare).length };
      return {
        class: 'no effect',
        canary: `votes: ${now.counted} of 2, merge requests: ${now.mergeRequests}`,
        happened: now.stored !== 2 || now.counted !== 2 || now.sent !== 1 || now.passed !== 1 || now.mergeRequests !== 1,
        worksAfterwards: (await world.state(id)) === 'MERGE_REVIEW',
      };
    }),
  guardOff: async () => ({ asBuilt: await isLost(), allowed: await isLost(allow<Claim>(Promise.resolve([]))) }),
};
