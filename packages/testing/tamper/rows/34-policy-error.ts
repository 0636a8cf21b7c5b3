import type { Guards } from '../../../../services/requests/src/guards.js';
import type { PolicyVerdict } from '../../../../services/requests/src/people/projects.port.js';
import { FACTS, harness } from '../../../../services/requests/test/harness.js';
import { waitFor } from '../../src/index.js';
import { allow } from '../allow.js';
import type { Row } from '../row.js';
import { passes, reviewerPasses } from '../votes.js';
import type { World } from '../world.js';

const WAIT_MS = 120_000;
const ALLOWING = 'permit (principal, action == Action::"plan", resource);';
/** The other rule cannot be evaluated: some lines more than the greatest number are none. Cedar alone would skip it and permit. */
const FAILING = `${ALLOWING}
@id("overflow") forbid (principal, action == Action::"plan", resource) when { context.maxDiffLines + 9223372036854775807 > 0 };`;
const NO_RULE = '// Whoever has no rule has no objection, somebody hoped.';

const VERDICTS: readonly PolicyVerdict[] = [
  { effect: 'error', policyIds: ['overflow'], policyVersion: 'policy-1', reasons: ['overflow could not be evaluated'] },
  { effect: 'none', policyIds: [], policyVersion: 'policy-1', reasons: ['No policy decides the plan gate'] },
];

/** Of a project whose policy decides the plan gate. */
async function planned(world: World, policy: string): Promise<string> {
  return world.request(await world.project('policy', { gates: { plan: 'policy' } }, { policy }));
}

/** The plan gate waits for a person and says why; then one decides. */
async function waitsForAPerson(world: World, policy: string, code: string, account: string) {
  const id = await planned(world, policy);
  await world.untilGate(id, 'plan', 1);
  const left = await world.left(id, 'gate-opened', code);
  const [said] = await world.sql<{ account: string | null; decisions: string }>(
    `SELECT account, (SELECT count(*) FROM requests.decision d WHERE d.request_id = g.request_id AND d.gate = 'plan') AS decisions
     FROM requests.gate_revision g WHERE request_id = $1 AND gate = 'plan'`,
    [id],
  );
  if (!said?.account?.includes(account) || said.decisions !== '0') throw new Error(`${said?.decisions} decisions, and the account says: ${said?.account}`);
  return { code: String(left.payload['code']), left, worksAfterwards: await reviewerPasses(world, id, 'plan') };
}

/** Whether the plan gate passes without a person, of each such verdict. */
async function comesThrough(guards: Partial<Guards>): Promise<boolean> {
  const h = await harness({}, { guards });
  try {
    h.setSettings({ gates: { spec: 'off', plan: 'policy', diff: 'policy', merge: 'required' } });
    const outcomes: string[] = [];
    for (const verdict of VERDICTS) {
      h.projects.verdict = verdict;
      const id = await h.create();
      await h.put(id, 'spec', FACTS.spec);
      await h.open(id, 'spec');
      await h.put(id, 'plan', FACTS.plan);
      outcomes.push((await h.open(id, 'plan')).outcome);
    }
    const [outcome] = new Set(outcomes);
    if (outcomes.some((one) => one !== outcome)) throw new Error(`one verdict passes and the other does not: ${outcomes.join()}`);
    return outcome === 'passed';
  } finally {
    await h.close();
  }
}

export const row: Row = {
  number: 34,
  title: 'policy engine error and zero-rule policy',
  class: 'refused',
  guard: 'policyAccount',
  async control(world) {
    const id = await planned(world, ALLOWING);
    const byPolicy = () => world.sql("SELECT 1 FROM requests.decision WHERE request_id = $1 AND gate = 'plan' AND actor_kind = 'policy'", [id]);
    await waitFor(async () => (await byPolicy()).length > 0, WAIT_MS, () => `policy did not pass the plan gate of ${id}`);
    await passes(world, id, 'plan');
  },
  async attack(world) {
    const [failing, without] = await Promise.all([
      waitsForAPerson(world, FAILING, 'POLICY_ERROR', 'The policy engine failed: a person decides. overflow could not be evaluated'),
      waitsForAPerson(world, NO_RULE, 'POLICY_NO_RULE', 'No policy rule decides: a person does.'),
    ]);
    return { class: 'refused', code: `${failing.code} ${without.code}`, left: failing.left, worksAfterwards: failing.worksAfterwards && without.worksAfterwards };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ policyAccount: allow({ passes: true, code: null, account: '' }) }) }),
};
