import { harness } from '../../../../services/requests/test/harness.js';
import type { Guards } from '../../../../services/requests/src/guards.js';
import { listed } from '../../../../services/requests/src/signing/key-ring.js';
import { voteOpener } from '../../../../services/requests/src/signing/open-vote.js';
import { waitFor } from '../../src/index.js';
import { ALLOW_MARK } from '../allow.js';
import type { Row } from '../row.js';
import { onScratch } from '../stage.js';
import { must, type World } from '../world.js';

const WAIT_MS = 60_000;

/** Believes a key whatever became of it. */
const forgiving: Guards['voteOpener'] = Object.assign(((list, places) => voteOpener({ ...list, keys: list.keys.map((key) => ({ ...key, revoked: null })) }, places)) as Guards['voteOpener'], { mark: ALLOW_MARK });

/** Requests whose plans two people have to approve. */
async function forTwo(world: World, count: number): Promise<readonly string[]> {
  const project = await world.project('keys', { approvalsRequired: 2 });
  const ids = await Promise.all(Array.from({ length: count }, () => world.request(project)));
  await Promise.all(ids.map((id) => world.until(id, 'PLAN_REVIEW')));
  return ids;
}

async function passes(world: World, id: string): Promise<void> {
  await waitFor(async () => (await world.gate(id, 'plan')).state === 'passed', WAIT_MS, () => `The plan gate of ${id} did not pass\n${world.app.output().slice(-3000)}`);
}

/** The reviewer's vote, something with the keys, then the second vote that closes the gate. */
async function passesOver(world: World, id: string, change: () => Promise<void>): Promise<void> {
  await world.decide(world.people.reviewer, id, 'plan');
  await change();
  await world.decide(world.people.admin, id, 'plan');
  await passes(world, id);
}

async function currentKey(world: World): Promise<string> {
  const [newest] = await world.sql<{ envelope: string }>('SELECT envelope FROM requests.key_list ORDER BY number DESC LIMIT 1');
  const { payload } = JSON.parse(newest?.envelope ?? '{}') as { payload: string };
  const { keys } = JSON.parse(Buffer.from(payload, 'base64').toString()) as { keys: readonly { id: string; purpose: string; to: string | null; revoked: unknown }[] };
  return keys.findLast(({ purpose, to, revoked }) => purpose === 'decision' && to === null && revoked === null)?.id ?? '';
}

async function rotate(world: World): Promise<void> {
  must(await world.ask(world.people.admin, 'mutation { rotateKey(purpose: decision) { outcome } }'));
}

async function revoke(world: World, key: string, reason: 'superseded' | 'compromised', good: readonly { readonly origin: string; readonly size: number }[] = []): Promise<void> {
  const query = 'mutation ($key: ID!, $reason: RevocationReason!, $good: [GoodSizeInput!]) { revokeKey(id: $key, reason: $reason, good: $good) { outcome } }';
  must(await world.ask(world.people.admin, query, { key, reason, good }));
}

/** Where a vote's entry lies in the log, awaited. */
async function placeOf(world: World, decisionId: string): Promise<{ readonly origin: string; readonly index: number }> {
  let place: { origin: string; index: number } | undefined;
  const isThere = async (): Promise<boolean> => {
    [place] = await world.sql<{ origin: string; index: number }>(
      'SELECT t.origin, l."index"::int AS index FROM log.leaf l JOIN log.tree t USING (tenant_id, n) JOIN requests.decision d ON d.envelope_sha256 = l.payload WHERE d.id = $1 ORDER BY l.n DESC LIMIT 1',
      [decisionId],
    );
    return place !== undefined;
  };
  await waitFor(isThere, WAIT_MS, () => `The vote ${decisionId} is not in the log`);
  return place as { origin: string; index: number };
}

/** Whether a gate for two passes with one vote under a stolen key. */
async function comesThrough(guards: Partial<Guards>): Promise<boolean> {
  const h = await harness({}, { guards });
  try {
    h.setSettings({ approvalsRequired: 2 });
    const id = await h.create();
    const digest = await h.toPlanReview(id);
    const first = await h.vote(id, 'reviewer', 'plan', digest);
    const fresh = await h.keys.create('decision');
    await h.keys.publish(async ({ keys }, at) => [
      ...keys.map((key) => (key.purpose === 'decision' ? { ...key, to: at, revoked: { from: at, reason: 'compromised' as const, good: {} } } : key)),
      listed(fresh, 'decision', at),
    ]);
    const second = await h.vote(id, 'second', 'plan', digest);
    const decisionIds = [first, second].map(({ decisionId }) => decisionId ?? '');
    return (await h.records.closeGate({ requestId: id, gate: 'plan', revision: 1, decisionIds })).outcome === 'passed';
  } finally {
    await h.close();
  }
}

export const row: Row = {
  number: 40,
  breaks: true,
  title: 'key rotated, superseded, compromised between vote and move',
  class: 'dropped',
  guard: 'voteOpener',
  async control(world) {
    const [id = ''] = await forTwo(world, 1);
    await passesOver(world, id, async () => undefined);
  },
  attack: () =>
    onScratch(async (world) => {
      const { reviewer, admin } = world.people;
      const [rotated = '', superseded = '', stolen = ''] = await forTwo(world, 3);
      await passesOver(world, rotated, () => rotate(world));
      await passesOver(world, superseded, async () => revoke(world, await currentKey(world), 'superseded'));

      const first = await world.decide(reviewer, stolen, 'plan');
      const [stored] = await world.sql<{ delivered: boolean; status: string }>('SELECT delivered, status FROM requests.decision WHERE id = $1', [first.decisionId]);
      const { origin, index } = await placeOf(world, first.decisionId ?? '');
      await revoke(world, await currentKey(world), 'compromised', [{ origin, size: index }]);
      await world.decide(admin, stolen, 'plan');
      const left = await world.left(stolen, 'vote-dropped', 'KEY_REVOKED');
      const { state } = await world.gate(stolen, 'plan');
      if (state !== 'open' || left.payload['decision'] !== first.decisionId) throw new Error(`The gate is ${state}, and dropped was ${JSON.stringify(left.payload)}`);
      const honest = await world.decide(reviewer, stolen, 'plan');
      await passes(world, stolen);
      return {
        class: 'dropped',
        wasAccepted: first.outcome === 'recorded' && stored?.delivered === true && stored.status === 'recorded',
        code: String(left.payload['code']),
        left,
        honestVoteCounts: honest.outcome === 'recorded' && honest.decisionId !== first.decisionId,
      };
    }),
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ voteOpener: forgiving }) }),
};
