import { checkEffect, EFFECT_GUARDS, type EffectGuards } from '@countersign/domain';

import { git, waitFor } from '../../src/index.js';
import { allow } from '../allow.js';
import { whilePushing } from '../push.js';
import type { Row } from '../row.js';
import { must, type World } from '../world.js';

const NO_CHANGES = '@id("frozen") @reason("Nothing goes out this week") forbid (principal, action == Action::"diff", resource);';
const WAIT_MS = 60_000;

/**
 * Between the policy's verdict on the diff and the push lie a few milliseconds. A superuser keeps the place of the diff
 * gate's revision in Postgres, and with it the verdict from being stored, until the project has another policy.
 */
async function untilPolicyChanges(world: World, project: string, id: string): Promise<void> {
  await world.sql(`DO $$ BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);
    INSERT INTO requests.gate_revision SELECT (jsonb_populate_record(g, '{"gate": "diff", "revision": 1, "digest": "held"}')).*
      FROM requests.gate_revision g WHERE request_id = '${id}' AND gate = 'plan';
    WHILE EXISTS (SELECT 1 FROM projects.project WHERE name = '${project}' AND policy_text IS NULL) LOOP PERFORM pg_sleep(0.02); END LOOP;
    DELETE FROM requests.gate_revision WHERE request_id = '${id}' AND digest = 'held';
  END $$`);
}

async function isHeldBack(world: World, id: string): Promise<boolean> {
  const waiting = await world.sql(
    `SELECT 1 FROM pg_stat_activity holder JOIN pg_stat_activity waiting ON holder.pid = ANY (pg_blocking_pids(waiting.pid))
     WHERE holder.query LIKE 'DO %' || $1 || '%'`,
    [id],
  );
  return waiting.length > 0;
}

async function setPolicy(world: World, name: string, policy: string): Promise<void> {
  must(await world.ask(world.people.maintainer, 'mutation ($input: SetProjectInput!) { setProject(input: $input) { id } }', { input: { name, policy } }));
}

/** The policies that passed the diff, and what the gate says of it now. */
async function account(world: World, id: string) {
  const [row] = await world.sql<{ account: string; passed: string; now: string }>(
    `SELECT g.account, d.policy_version AS passed, e.policy_version AS now FROM requests.gate_revision g
     JOIN requests.decision d ON d.request_id = g.request_id AND d.actor_kind = 'policy'
     CROSS JOIN LATERAL (SELECT convert_from(p.payload, 'UTF8')::jsonb->'after'->>'policyVersion' AS policy_version FROM requests.audit_payload p
       JOIN requests.audit_entry a ON convert_from(a.entry, 'UTF8')::jsonb->>'payload' = p.sha256
       WHERE a.request_id = g.request_id AND convert_from(a.entry, 'UTF8')::jsonb->>'type' = 'drift') e
     WHERE g.request_id = $1 AND g.gate = 'diff'`,
    [id],
  );
  if (!row) throw new Error(`${id} says nothing of a drift`);
  return row;
}

async function comesThrough(guards: EffectGuards): Promise<boolean> {
  return whilePushing({}, async ({ owner, setPolicy: setVersion, push, branch }) => {
    setVersion('policy-2');
    const answer = await push(owner, { checkEffect: (effect, evidence, held) => checkEffect(effect, evidence, held, guards) });
    const isPushed = (await branch()) !== undefined;
    if (!isPushed && (answer as { code?: string }).code !== 'POLICY_CHANGED') throw new Error(`not pushed for another reason: ${JSON.stringify(answer)}`);
    return isPushed;
  });
}

export const row: Row = {
  number: 33,
  title: 'policy changed after approval',
  class: 'refused',
  guard: 'isSamePolicy',
  async control(world) {
    // Policy passes the diff gate, and nobody is asked.
    await world.toMergeReview(await world.project('frozen'));
  },
  async attack(world) {
    const project = await world.project('frozen');
    const id = await world.request(project);
    await world.until(id, 'PLAN_REVIEW');
    const holding = untilPolicyChanges(world, project.name, id);
    await world.decide(world.people.reviewer, id, 'plan');
    await waitFor(() => isHeldBack(world, id), WAIT_MS, () => `the diff gate of ${id} was not held`);
    await setPolicy(world, project.name, NO_CHANGES);
    await holding;

    await world.until(id, 'DIFF_REVIEW');
    const left = await world.left(id, 'drift', 'POLICY_CHANGED');
    const said = await account(world, id);
    const isReadable = said.passed !== said.now && said.account.includes(`policy version ${said.passed} then, ${said.now} now`) && said.account.includes('Nothing goes out this week');
    if (!isReadable) throw new Error(`the account does not say what changed: ${said.account}`);
    if (git(project.bare, 'for-each-ref', `refs/heads/countersign/${id}`) !== '') throw new Error(`${id} was pushed under policies that forbid it`);
    const { outcome } = await world.decide(world.people.reviewer, id, 'diff');
    await world.until(id, 'MERGE_REVIEW');
    return { class: 'refused', code: /\(([A-Z_]+)\)/.exec(said.account)?.[1] ?? '', left, worksAfterwards: outcome !== 'refused' };
  },
  guardOff: async () => ({ asBuilt: await comesThrough(EFFECT_GUARDS), allowed: await comesThrough({ ...EFFECT_GUARDS, isSamePolicy: allow(true) }) }),
};
