import { AppError, type Gate } from '@countersign/domain';

import type { Guards } from '../../../services/requests/src/guards.js';
import { FACTS, type Harness, harness } from '../../../services/requests/test/harness.js';
import { waitFor } from '../src/index.js';
import type { Seen } from './row.js';
import { must, type Person, type Project, type World } from './world.js';

const PASS_TIMEOUT_MS = 150_000;

/** A request whose plan gate is open. */
export async function atPlanReview(world: World, project: Project): Promise<string> {
  const id = await world.request(project);
  await world.until(id, 'PLAN_REVIEW');
  return id;
}

/** The gate is waited for, and the request is not: what comes after the gate is no part of the row. */
export async function passes(world: World, id: string, gate: Gate, by: Person = world.people.maintainer): Promise<boolean> {
  await waitFor(async () => (await world.gate(id, gate)).state === 'passed', PASS_TIMEOUT_MS, () => `the ${gate} gate of ${id} did not pass`);
  must(await world.ask(by, 'mutation ($input: RequestReasonInput!) { cancelRequest(input: $input) { outcome } }', { input: { id } }));
  return true;
}

/** An honest approval by the reviewer closes the gate. */
export async function reviewerPasses(world: World, id: string, gate: Gate): Promise<boolean> {
  const { outcome } = await world.decide(world.people.reviewer, id, gate);
  return outcome !== 'refused' && passes(world, id, gate);
}

/** The lifecycle has the vote in its count: also where the answer was `pending`, because the machine is slow. */
export async function isTaken(world: World, decisionId: string | null): Promise<boolean> {
  const delivered = async (): Promise<boolean> => (await world.sql<{ delivered: boolean }>('SELECT delivered FROM requests.decision WHERE id = $1', [decisionId]))[0]?.delivered === true;
  await waitFor(delivered, PASS_TIMEOUT_MS, () => `the lifecycle did not take the vote ${decisionId}`);
  return true;
}

/** Two approvals are needed. Somebody gives the first, and before the second something befalls them. */
export async function afterFirstVote(world: World, name: string, befalls?: (voter: Person) => Promise<void>) {
  const { reviewer, admin } = world.people;
  const id = await atPlanReview(world, await world.project(name, { approvalsRequired: 2 }));
  const voter = await world.person(name, 'reviewer');
  const first = await world.decide(voter, id, 'plan');
  const wasAccepted = first.outcome !== 'refused' && (await isTaken(world, first.decisionId));
  await befalls?.(voter);
  const second = await world.decide(reviewer, id, 'plan');
  return {
    /** The vote of the first is dropped with this code; the gate stays open until one more honest person votes. */
    dropped: async (code: string): Promise<Seen> => {
      const left = await world.left(id, 'vote-dropped', code);
      const { state } = await world.gate(id, 'plan');
      const third = await world.decide(admin, id, 'plan');
      await passes(world, id, 'plan');
      const counted = await world.sql<{ id: string }>("SELECT id FROM requests.decision WHERE request_id = $1 AND gate = 'plan' AND status = 'counted' ORDER BY at", [id]);
      const honestVoteCounts = state === 'open' && counted.map((vote) => vote.id).join() === [second.decisionId, third.decisionId].join();
      return { class: 'dropped', wasAccepted: wasAccepted && left.payload['decision'] === first.decisionId, code, left, honestVoteCounts };
    },
    passes: () => passes(world, id, 'plan'),
  };
}

/** Whether the attack comes through where these guards stand, on a database of its own. */
export async function onRecords(guards: Partial<Guards>, attack: (h: Harness) => Promise<boolean>): Promise<boolean> {
  const h = await harness({}, { guards });
  try {
    return await attack(h);
  } finally {
    await h.close();
  }
}

/** The same for what another run than the owner does: that it is superseded is the one way in which it may fail. */
export function byAnotherRun(guards: Partial<Guards>, attack: (h: Harness) => Promise<boolean>): Promise<boolean> {
  return onRecords(guards, async (h) => {
    try {
      return await attack(h);
    } catch (error) {
      if (error instanceof AppError && error.code === 'RUN_SUPERSEDED') return false;
      throw error;
    }
  });
}

/** Approves; null where that is refused, by an answer or with the code. */
export async function voteOf(h: Harness, id: string, person: string, gate: Gate, digest: string, code = 'FORBIDDEN'): Promise<string | null> {
  try {
    const { outcome, decisionId } = await h.vote(id, person, gate, digest);
    return outcome === 'refused' ? null : decisionId;
  } catch (error) {
    if (error instanceof AppError && error.code === code) return null;
    throw error;
  }
}

/** Whether these votes pass the first revision of the gate. */
export async function pass(h: Harness, id: string, gate: Gate, votes: readonly (string | null)[]): Promise<boolean> {
  const { outcome } = await h.records.closeGate({ requestId: id, gate, revision: 1, decisionIds: votes.filter((vote) => vote !== null) });
  return outcome === 'passed';
}

/** Two approvals are needed; the reviewer's is the first, and before the second something befalls them. */
export const passesAfterFirstVote = (guards: Partial<Guards>, befalls: (h: Harness) => void): Promise<boolean> =>
  onRecords(guards, async (h) => {
    h.setSettings({ approvalsRequired: 2 });
    const id = await h.create();
    const shown = await h.toPlanReview(id);
    const first = await voteOf(h, id, 'reviewer', 'plan', shown);
    befalls(h);
    return pass(h, id, 'plan', [first, await voteOf(h, id, 'second', 'plan', shown)]);
  });

/** From a fresh request to its open diff gate; answers what the plan gate showed. */
export async function toDiffReview(h: Harness, id: string): Promise<string> {
  const digest = await h.toPlanReview(id);
  await pass(h, id, 'plan', [await voteOf(h, id, 'reviewer', 'plan', digest)]);
  await h.put(id, 'execution', FACTS.execution);
  await h.records.transition({ requestId: id, moves: ['CHECKING'] });
  await h.put(id, 'checks', FACTS.checks);
  await h.put(id, 'measure', FACTS.measure);
  await h.open(id, 'diff');
  return digest;
}
