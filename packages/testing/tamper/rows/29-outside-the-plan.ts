import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { agentActivities, type StepRecord } from '@countersign/activity-agent';
import { policyActivities } from '@countersign/activity-policy';
import { NO_USAGE, type FactKind } from '@countersign/domain';
import { RequestWorkspace } from '@countersign/git';
import { aGit, aRepository } from '@countersign/git/testing';
import { createLogger, ensureDatabase, runMigrations } from '@countersign/platform';

import { AGENT_GUARDS, type AgentGuards } from '../../../../activities/agent/src/guards.js';
import { agentWorld, type AgentWorld } from '../../../../activities/agent/src/testing/agent-world.fake.js';
import { CedarAdapter } from '../../../../services/projects/src/policy/cedar.adapter.js';
import { DEFAULT_POLICY } from '../../../../services/projects/src/policy/default-policy.js';
import type { FactsUsed } from '../../../../services/requests/src/gate/facts-used.js';
import { policyAccount, policyFactsOf } from '../../../../services/requests/src/gate/gate-policy.js';
import { openWorkerDatabase, workerDatabase } from '../../../../services/worker/src/database/worker-database.js';
import { TypeOrmJournal } from '../../../../services/worker/src/journal/journal.repository.js';
import { createDatabase } from '../../src/index.js';
import { allow } from '../allow.js';
import type { Row } from '../row.js';
import { bareOf, branchOf, EVIL } from '../workspace.js';
import type { Project, World } from '../world.js';

type Guard = Pick<AgentGuards, 'pathsOutside'>;

const INSERT_STEP = (schema: string): string => `INSERT INTO ${schema}journal_step (request_id, run_key, step, record) VALUES ($1, $2, 0, $3)`;

/** The journal says that the first attempt at the plan has begun from this commit. */
function begunFrom(id: string, planDigest: string, snapshotCommit: string): readonly string[] {
  const record: StepRecord = { step: 0, toolResults: [], snapshotCommit, usage: NO_USAGE };
  return [id, `execute/1/${planDigest.slice(0, 16)}`, JSON.stringify(record)];
}

async function honestly(world: World, project: Project): Promise<boolean> {
  const head = bareOf(project).resolve(branchOf(await world.toMergeReview(project))) ?? '';
  return !bareOf(project).paths(head).includes(EVIL.path);
}

async function aJournal() {
  const rolePrefix = `t${randomBytes(4).toString('hex')}`;
  const ensured = await ensureDatabase({ adminUrl: await createDatabase('outside'), rolePrefix, services: [{ name: 'worker', schema: 'worker', password: 'x' }] });
  await runMigrations(workerDatabase(ensured.ownerUrl));
  return openWorkerDatabase(ensured.serviceUrl('worker'));
}

/** Whether the shipped policy, asked as requests asks it, passes what was measured without a person. */
async function policyPasses({ records, deps }: AgentWorld, workspace: RequestWorkspace, executionId: string, guards: Guard): Promise<boolean> {
  const measuring = policyActivities({ records, guards, workspace: () => workspace, run: deps.run, heartbeat: () => undefined });
  await measuring.measure({ requestId: 'r1', executionId });
  const newest = (kind: FactKind) => records.facts.findLast((fact) => fact.kind === kind);
  const checks = { id: 'c1', data: { commit: '', verdict: 'passed', results: [] } };
  const facts = { checks, execution: newest('execution'), measure: newest('measure'), plan: newest('plan') } as FactsUsed;
  const question = { tenantId: 't1', projectId: 'p1', gate: 'diff', requestId: 'r1', facts: policyFactsOf(facts), maxDiffLines: 1000 } as const;
  return policyAccount('diff', new CedarAdapter(createLogger('tamper', 'silent')).evaluate(DEFAULT_POLICY, question), facts).passes;
}

/** Whether a result with a file that no plan allows gets past the agent and then past the diff gate. */
async function comesThrough(guard: Guard): Promise<boolean> {
  const [at, database] = [await aGit(), await aJournal()];
  const root = await mkdtemp(join(tmpdir(), 'countersign-outside-'));
  try {
    const source = await aRepository(at.git, join(at.dir, 'source'), { 'a.txt': 'old\n' });
    const base = await source.run('rev-parse', 'HEAD');
    const foreign = await source.commit({ [EVIL.path]: EVIL.text });
    const workspace = new RequestWorkspace({ git: at.git, root: join(root, 'r1'), bare: join(source.path, '.git') });
    await workspace.prepare();
    const fake = agentWorld(root);
    const deps = { ...fake.deps, journal: new TypeOrmJournal(database), workspaces: () => workspace, guards: { ...AGENT_GUARDS, ...guard } };
    const activities = agentActivities(deps);
    Object.assign(fake.activities, activities);
    fake.approve(await fake.planned('One word', 'replace "old" with "new"', base), base);
    await database.query(INSERT_STEP(''), [...begunFrom('r1', fake.records.brief.subjects[0]?.digest ?? '', foreign)]);

    const result = await activities.execute({ requestId: 'r1', attempt: 1, feedback: [] });
    if (!('kind' in result) || result.kind !== 'done') return false;
    const fact = await fake.records.getFact('r1', deps.run(), 'execution', result.factId);
    const evil = await workspace.read(fact?.data.headCommit ?? '', EVIL.path);
    return evil?.toString() === EVIL.text && (await policyPasses(fake, workspace, result.factId, guard));
  } finally {
    await database.destroy();
    await at.remove();
    await rm(root, { recursive: true });
  }
}

export const row: Row = {
  number: 29,
  title: 'result touches a path outside the plan',
  class: 'refused',
  guard: 'pathsOutside',
  async control(world) {
    if (!(await honestly(world, await world.project('outside')))) throw new Error('An honest result holds what nobody planned');
  },
  async attack(world) {
    const project = await world.project('outside');
    const id = await world.request(project);
    await world.until(id, 'PLAN_REVIEW');
    const bare = bareOf(project);
    const foreign = bare.withFile(bare.resolve('refs/heads/main') ?? '');
    await world.sql(INSERT_STEP('worker.'), begunFrom(id, (await world.gate(id, 'plan')).digest, foreign));
    await world.decide(world.people.reviewer, id, 'plan');
    await world.until(id, 'FAILED');
    const [ended] = await world.sql<{ outcome: { code: string; message: string } }>('SELECT outcome FROM requests.request WHERE id = $1', [id]);
    const { code = '', message = '' } = ended?.outcome ?? {};
    const left = (await world.entries(id)).find(({ type, payload }) => type === 'transition' && String(payload['text']).includes(code));
    if (!left) throw new Error(`No entry tells ${code}`);
    const isNamed = message.includes(EVIL.path) && bare.resolve(branchOf(id)) === undefined;
    return { class: 'refused', code, left, worksAfterwards: isNamed && (await honestly(world, project)) };
  },
  guardOff: async () => ({ asBuilt: await comesThrough(AGENT_GUARDS), allowed: await comesThrough({ pathsOutside: allow([]) }) }),
};
