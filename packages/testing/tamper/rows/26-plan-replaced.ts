import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { agentActivities } from '@countersign/activity-agent';
import { allowedPathsOf, type Plan } from '@countersign/domain';
import { aPlan } from '@countersign/domain/testing';
import { RequestWorkspace } from '@countersign/git';
import { aGit, aRepository } from '@countersign/git/testing';

import { AGENT_GUARDS, type AgentGuards } from '../../../../activities/agent/src/guards.js';
import { agentWorld } from '../../../../activities/agent/src/testing/agent-world.fake.js';
import { FACTS, harness, type Harness } from '../../../../services/requests/test/harness.js';
import { PinnedKeys } from '../../../../services/worker/src/evidence/pinned-keys.js';
import { RpcApprovalEvidence } from '../../../../services/worker/src/evidence/rpc-approval-evidence.adapter.js';
import { RpcRequestRecords } from '../../../../services/worker/src/records/rpc-request-records.adapter.js';
import { allow } from '../allow.js';
import type { Row } from '../row.js';
import { bareOf, branchOf, reopened } from '../workspace.js';
import type { Person, World } from '../world.js';

/** No id or digest holds it by chance. */
const FORGED = 'forged';

/** A plan that two people approve, so that there is a time after an approval and before the execution. */
async function planned(world: World) {
  const project = await world.project('replaced', { approvalsRequired: 2 });
  const id = await world.request(project);
  await world.until(id, 'PLAN_REVIEW');
  const both = [world.people.reviewer, await world.person('second', 'reviewer')] as const;
  return { id, project, both };
}

async function bothApprove(world: World, id: string, both: readonly Person[]): Promise<boolean> {
  const votes = await Promise.all(both.map((person) => world.decide(person, id, 'plan')));
  await world.until(id, 'MERGE_REVIEW');
  return votes.every(({ outcome }) => outcome === 'recorded');
}

const forgery = (column: string): string => `regexp_replace(${column}, ' = 1([0-9]+)', ' = ${FORGED}\\1', 'g')`;

/** The document that the agent is given says something else than what was approved. */
const REPLACE_DOCUMENT = `UPDATE requests.gate_revision SET text = ${forgery('text')} WHERE request_id = $1 AND gate = 'plan' RETURNING text`;
/** And so does what it was once made from. */
const REPLACE_FACT = `UPDATE requests.fact SET data = ${forgery('data::text')}::jsonb WHERE request_id = $1 AND kind = 'plan' RETURNING data::text AS text`;

async function replace(world: World, id: string, statement: string): Promise<void> {
  const [changed] = await world.sql<{ text: string }>(statement, [id]);
  if (changed?.text.includes(FORGED) !== true) throw new Error('The stored plan was not replaced');
}

/** The artifact that people read is replaced on disk: what nobody may be shown, by page or by download. */
async function readsOfForgedDisk(world: World, id: string): Promise<readonly string[]> {
  const [fact] = await world.sql<{ sha256: string }>(`SELECT data->'diff'->>'sha256' AS sha256 FROM requests.fact WHERE request_id = $1 AND kind = 'execution'`, [id]);
  const sha256 = fact?.sha256 ?? '';
  const file = join(world.app.dataDir, 'artifacts', sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  const whole = await readFile(file);
  await writeFile(file, whole.toString('utf8').replaceAll('+', `+${FORGED}`));
  try {
    const shown = await world.ask(world.people.reviewer, 'query ($id: ID!) { document(id: $id, kind: diff) { text } }', { id });
    const download = await fetch(`${world.gateway}/artifacts/${sha256}`, { headers: { authorization: `Bearer ${world.people.reviewer.token}` } });
    const body = await download.text();
    if (shown.text.includes(FORGED) || body.includes(FORGED)) throw new Error('Forged bytes were shown');
    return [shown.refusal ?? 'shown', (JSON.parse(body) as { error?: { code: string } }).error?.code ?? body];
  } finally {
    await writeFile(file, whole);
  }
}

/** The services that an activity reaches by the network, without it. */
function callsOf(h: Harness): ConstructorParameters<typeof RpcRequestRecords>[0] {
  const call = (name: string, input: never): unknown => h.activities[name.replace('activity.', '') as 'briefing'](input);
  return { call } as unknown as ConstructorParameters<typeof RpcRequestRecords>[0];
}

function planOf(content: string): Plan {
  const instruction = `add file new.txt\n\`\`\`\n${content}\n\`\`\``;
  return aPlan({ steps: [{ title: 'add', instruction, files: [{ path: 'new.txt', change: 'add' }], commands: [] }] });
}

/** Whether the agent executes a plan that was replaced in Postgres after it was approved. */
async function comesThrough(guards: Partial<AgentGuards>): Promise<boolean> {
  const [h, at] = [await harness(), await aGit()];
  const root = await mkdtemp(join(tmpdir(), 'countersign-replaced-'));
  try {
    const source = await aRepository(at.git, join(at.dir, 'source'), { 'a.txt': 'a\n' });
    const plan = planOf('approved');
    const id = await h.create();
    await h.put(id, 'spec', FACTS.spec);
    await h.open(id, 'spec');
    await h.put(id, 'plan', { plan, baseCommit: await source.run('rev-parse', 'HEAD') });
    const opened = await h.open(id, 'plan');
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', opened.outcome === 'open' ? opened.digest : '');
    await h.records.closeGate({ requestId: id, gate: 'plan', revision: 1, decisionIds: [decisionId ?? ''] });
    await h.asOwner(`UPDATE requests.gate_revision SET text = replace(text, 'approved', 'replaced') WHERE gate = 'plan'`);

    const records = new RpcRequestRecords(callsOf(h));
    const evidence = new RpcApprovalEvidence(callsOf(h), new PinnedKeys(h.keys.root, { highest: () => Promise.resolve(0), raise: () => Promise.resolve() }));
    const workspace = new RequestWorkspace({ git: at.git, root: join(root, id), bare: join(source.path, '.git') });
    const deps = { ...agentWorld(root).deps, records, evidence, workspaces: () => workspace, run: () => h.owner.run, guards: { ...AGENT_GUARDS, ...guards } };
    const result = await agentActivities(deps).execute({ requestId: id, attempt: 1, feedback: [] });
    if (!('kind' in result) || result.kind !== 'done') return false;
    const fact = await records.getFact(id, h.owner.run, 'execution', result.factId);
    const made = await workspace.read(fact?.data.headCommit ?? '', allowedPathsOf(plan)[0] ?? '');
    return made?.toString() === 'replaced\n';
  } finally {
    await h.close();
    await at.remove();
    await rm(root, { recursive: true });
  }
}

export const row: Row = {
  number: 26,
  title: 'plan artifact replaced on disk',
  class: 'refused',
  guard: 'checkEffect',
  async control(world) {
    const { id, both } = await planned(world);
    await bothApprove(world, id, both);
  },
  async attack(world) {
    const { id, project, both } = await planned(world);
    const { digest } = await world.gate(id, 'plan');
    await world.decide(both[0], id, 'plan');
    await replace(world, id, REPLACE_DOCUMENT);
    await world.decide(both[1], id, 'plan', { digest });
    const left = await reopened(world, id, 'plan', 'STALE_DIGEST');
    // The agent is given the document that people approved, and nothing of the fact that it was built from.
    await replace(world, id, REPLACE_FACT);
    const isHonest = await bothApprove(world, id, both);
    const head = bareOf(project).resolve(branchOf(id)) ?? '';
    const made = bareOf(project).run(['show', head]);
    const reads = await readsOfForgedDisk(world, id);
    if (reads.some((code) => code !== 'ARTIFACT_CORRUPT')) throw new Error(`A replaced artifact is read: ${reads.join(' ')}`);
    return { class: 'refused', code: 'STALE_DIGEST', left, worksAfterwards: isHonest && !made.includes(FORGED) };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ checkEffect: allow(undefined) }) }),
};
