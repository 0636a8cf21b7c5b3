import { randomUUID } from 'node:crypto';

import type { Guards } from '../../../../services/requests/src/guards.js';
import type { Harness } from '../../../../services/requests/test/harness.js';
import { ALLOW_MARK } from '../allow.js';
import type { Row } from '../row.js';
import { atPlanReview, isTaken, onRecords, pass, passes, voteOf } from '../votes.js';
import type { World } from '../world.js';

const everyVote: Guards['distinctPeople'] = Object.assign((votes: Parameters<Guards['distinctPeople']>[0]) => votes, { mark: ALLOW_MARK });

/** The vote once more beside itself, as only a superuser can store it. */
async function copied(h: Harness, vote: string | null): Promise<string> {
  await h.asOwner('DROP INDEX requests.ux_decision_live');
  const id = randomUUID();
  await h.asOwner(
    `INSERT INTO requests.decision SELECT (jsonb_populate_record(d, jsonb_build_object('id', $2::text, 'update_id', $2::text))).* FROM requests.decision d WHERE id = $1`,
    [vote, id],
  );
  return id;
}

const comesThrough = (guards: Partial<Guards>): Promise<boolean> =>
  onRecords(guards, async (h) => {
    h.setSettings({ approvalsRequired: 2 });
    const id = await h.create();
    const shown = await h.toPlanReview(id);
    const vote = await voteOf(h, id, 'reviewer', 'plan', shown);
    return pass(h, id, 'plan', [vote, await copied(h, vote)]);
  });

async function twoNeeded(world: World): Promise<string> {
  return atPlanReview(world, await world.project('channels', { approvalsRequired: 2 }));
}

export const row: Row = {
  number: 6,
  title: 'same person over two channels',
  class: 'no effect',
  guard: 'distinctPeople',
  async control(world) {
    const id = await twoNeeded(world);
    for (const person of [world.people.reviewer, world.people.admin]) await world.decide(person, id, 'plan');
    await passes(world, id, 'plan');
  },
  async attack(world) {
    const id = await twoNeeded(world);
    const { reviewer, admin } = world.people;
    const first = await world.decide(reviewer, id, 'plan');
    await isTaken(world, first.decisionId);
    const second = await world.decide({ ...reviewer, token: world.tokenFor('reviewer', { client_id: 'console' }) }, id, 'plan');
    const votes = await world.sql<{ live: boolean; channel: string }>("SELECT live, channel FROM requests.decision WHERE request_id = $1 AND actor_kind = 'person'", [id]);
    const happened = second.decisionId !== first.decisionId || votes.length !== 1;
    // Had the gate passed, this would come too late.
    const honest = await world.decide(admin, id, 'plan');
    await passes(world, id, 'plan');
    return { class: 'no effect', canary: `${votes.filter(({ live }) => live).length} live vote, by ${votes[0]?.channel}`, happened, worksAfterwards: honest.outcome !== 'refused' };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ distinctPeople: everyVote }) }),
};
