import type { Verdict } from '@countersign/domain';

import type { Guards } from '../../../../services/requests/src/guards.js';
import { waitFor } from '../../src/index.js';
import { blindly, copyOf, dropOf, editVote, openOf, planGate, sendVote, storedVote, withVerdict } from '../envelopes.js';
import type { Row } from '../row.js';
import { isTaken, onRecords, pass, passes, reviewerPasses } from '../votes.js';
import { must, type World } from '../world.js';

const PAUSE_TIMEOUT_MS = 60_000;

async function word(world: World, id: string, name: 'pauseRequest' | 'resumeRequest'): Promise<void> {
  must(await world.ask(world.people.maintainer, `mutation ($input: RequestReasonInput!) { ${name}(input: $input) { outcome } }`, { input: { id } }));
}

/** The reviewer decided while the request was paused: votes are taken then and not yet counted. */
async function decided(world: World, verdict: Verdict) {
  const id = await planGate(world);
  await word(world, id, 'pauseRequest');
  const isPaused = async (): Promise<boolean> => (await world.sql('SELECT 1 FROM requests.request WHERE id = $1 AND paused IS NOT NULL', [id])).length > 0;
  await waitFor(isPaused, PAUSE_TIMEOUT_MS, () => `${id} was not paused`);
  const { decisionId } = await world.decide(world.people.reviewer, id, 'plan', { verdict });
  await isTaken(world, decisionId);
  return { id, vote: await storedVote(world, decisionId) };
}

const comesThrough = (guards: Partial<Guards>): Promise<boolean> =>
  onRecords(guards, async (h) => {
    const passed: boolean[] = [];
    for (const verdict of ['reject', 'request-changes'] as const) {
      const id = await h.create();
      const { decisionId } = await h.vote(id, 'reviewer', 'plan', await h.toPlanReview(id), verdict);
      await editVote(h, decisionId ?? '', withVerdict(await storedVote(h, decisionId), 'approve'));
      passed.push(await pass(h, id, 'plan', [decisionId]));
    }
    return passed.every(Boolean);
  });

export const row: Row = {
  number: 15,
  title: 'verdict edited, in the row and in the signed bytes',
  class: 'dropped',
  guard: 'voteOpener',
  async control(world) {
    const { id } = await decided(world, 'approve');
    await word(world, id, 'resumeRequest');
    await passes(world, id, 'plan');
  },
  async attack(world) {
    const { id, vote } = await decided(world, 'reject');
    const edited = await editVote(world, vote.id, withVerdict(vote, 'approve'));
    const wasAccepted = await sendVote(world, id, copyOf(edited, await openOf(world, id, 'plan')));
    await word(world, id, 'resumeRequest');
    const left = await dropOf(world, id, vote.id, 'SIGNATURE_INVALID');
    return { class: 'dropped', wasAccepted, code: String(left.payload['code']), left, honestVoteCounts: await reviewerPasses(world, id, 'plan') };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ voteOpener: blindly }) }),
};
