import type { Guards } from '../../../../services/requests/src/guards.js';
import { aSigner } from '../../../../services/requests/src/testing/signer.fake.js';
import { blindly, copyOf, dropOf, forgeVote, openOf, planGate, sendVote } from '../envelopes.js';
import type { Row } from '../row.js';
import { onRecords, pass, reviewerPasses } from '../votes.js';
import type { World } from '../world.js';

const REVIEWER = { id: 'reviewer', name: 'reviewer' };

/** The attacker's own key; and once more, saying that it is the key `keyId`. */
const strangers = (keyId: string) => {
  const stranger = aSigner();
  return { stranger, posing: { ...stranger, keyId } };
};

const comesThrough = (guards: Partial<Guards>): Promise<boolean> =>
  onRecords(guards, async (h) => {
    const { stranger, posing } = strangers(h.keys.list.keys.find(({ purpose }) => purpose === 'decision')?.id ?? '');
    const passed: boolean[] = [];
    for (const signer of [stranger, posing]) {
      const id = await h.create();
      await h.toPlanReview(id);
      passed.push(await pass(h, id, 'plan', [(await forgeVote(h, id, 'plan', REVIEWER, signer)).id]));
    }
    return passed.every(Boolean);
  });

/** Of the key that signed what the gate before stated. */
async function keyIdOf(world: World, id: string): Promise<string> {
  const [row] = await world.sql<{ keyid: string }>("SELECT envelope::jsonb->'signatures'->0->>'keyid' AS keyid FROM requests.decision WHERE request_id = $1 LIMIT 1", [id]);
  return row?.keyid ?? '';
}

export const row: Row = {
  number: 12,
  title: "forged vote with a foreign key's signature",
  class: 'dropped',
  guard: 'voteOpener',
  async control(world) {
    await reviewerPasses(world, await planGate(world), 'plan');
  },
  async attack(world) {
    const id = await planGate(world);
    const open = await openOf(world, id, 'plan');
    const { stranger, posing } = strangers(await keyIdOf(world, id));
    const unknown = await forgeVote(world, id, 'plan', world.people.reviewer, stranger);
    const isFirstAccepted = await sendVote(world, id, copyOf(unknown, open));
    await dropOf(world, id, unknown.id, 'KEY_UNKNOWN');
    const posed = await forgeVote(world, id, 'plan', world.people.reviewer, posing);
    const wasAccepted = (await sendVote(world, id, copyOf(posed, open))) && isFirstAccepted;
    const left = await dropOf(world, id, posed.id, 'SIGNATURE_INVALID');
    return { class: 'dropped', wasAccepted, code: String(left.payload['code']), left, honestVoteCounts: await reviewerPasses(world, id, 'plan') };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ voteOpener: blindly }) }),
};
