import { join } from 'node:path';

import { aGit } from '@countersign/git/testing';

import type { VcsGuards } from '../../../../activities/vcs/src/guards.js';
import { aProject, aRequest } from '../../../../activities/vcs/src/testing/vcs-fixture.js';
import { allow } from '../allow.js';
import type { Row } from '../row.js';
import { bareOf, branchOf, EVIL, ForeignGit, reopened } from '../workspace.js';
import type { World } from '../world.js';

type Made = { readonly baseCommit: string; readonly headCommit: string; readonly tree: string };

/** A result that waits for a person, so that there is a time between the work and the push. */
async function executed(world: World) {
  const project = await world.project('base', { gates: { diff: 'required' } });
  const id = await world.request(project);
  await world.until(id, 'PLAN_REVIEW');
  await world.decide(world.people.reviewer, id, 'plan');
  await world.until(id, 'DIFF_REVIEW');
  return { id, project };
}

async function madeOf(world: World, id: string): Promise<Made> {
  const [fact] = await world.sql<{ data: Made }>(`SELECT data FROM requests.fact WHERE request_id = $1 AND kind = 'execution'`, [id]);
  return fact?.data as Made;
}

/** Every measured fact speaks of this result, as if it had been made so. */
async function tell(world: World, id: string, { baseCommit, headCommit, tree }: Made): Promise<void> {
  const set = (kind: string, data: object) => world.sql(`UPDATE requests.fact SET data = data || $3::jsonb WHERE request_id = $1 AND kind = $2`, [id, kind, JSON.stringify(data)]);
  await set('execution', { baseCommit, headCommit, tree });
  await set('measure', { headCommit });
  await set('checks', { commit: headCommit });
}

/** On the worker's disk: another base with a file more, and the reviewed change on top of that one. */
function moveBase(world: World, id: string, { baseCommit, headCommit }: Made): Made {
  const git = new ForeignGit(join(world.app.dataDir, 'workspaces', id, 'git'));
  const foreign = git.withFile(baseCommit);
  const head = git.withFile(foreign, EVIL, headCommit);
  return { baseCommit: foreign, headCommit: head, tree: git.run(['rev-parse', `${head}^{tree}`]) };
}

/** Whether a result on another base is pushed, though the facts agree with each other and somebody approved them. */
async function comesThrough(guards: Partial<VcsGuards>): Promise<boolean> {
  const at = await aGit();
  try {
    const project = await aProject(at.git, at.dir);
    const request = await aRequest(project, 'r1', {}, guards);
    const foreign = await project.source.commit({ [EVIL.path]: EVIL.text });
    await project.bare.run(['fetch', '-q', project.source.path, 'main'], { protocols: 'file' });
    const { executionId, fact } = await request.execute({ 'a.txt': 'ONE\n' }, foreign);
    await request.approveDiff(fact);
    await request.vcs.push({ requestId: 'r1', executionId });
    const pushed = await project.bare.resolve(branchOf('r1'));
    return pushed !== undefined && (await project.bare.paths(pushed)).includes(EVIL.path);
  } finally {
    await at.remove();
  }
}

export const row: Row = {
  number: 27,
  title: "workspace made from another commit or tree than the plan's base",
  class: 'refused',
  guard: 'isFromPlan',
  async control(world) {
    const { id } = await executed(world);
    await world.decide(world.people.reviewer, id, 'diff');
    await world.until(id, 'MERGE_REVIEW');
  },
  async attack(world) {
    const { reviewer } = world.people;
    const { id, project } = await executed(world);
    const honest = await madeOf(world, id);
    await tell(world, id, moveBase(world, id, honest));
    // What was shown is not what is at hand any more; then the forged facts themselves are shown and approved.
    await world.decide(reviewer, id, 'diff');
    await reopened(world, id, 'diff', 'STALE_DIGEST');
    await world.untilGate(id, 'diff', 2);
    await world.decide(reviewer, id, 'diff');
    const left = await reopened(world, id, 'diff', 'STALE_DIGEST', 2);
    const isPushed = bareOf(project).resolve(branchOf(id)) !== undefined;

    await tell(world, id, honest);
    await world.decide(reviewer, id, 'diff');
    await world.untilGate(id, 'diff', 1);
    await world.decide(reviewer, id, 'diff', { digest: await firstDigest(world, id) });
    await world.until(id, 'MERGE_REVIEW');
    const isReviewed = bareOf(project).resolve(branchOf(id)) === honest.headCommit;
    return { class: 'refused', code: 'STALE_DIGEST', left, worksAfterwards: !isPushed && isReviewed };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ isFromPlan: allow(true) }) }),
};

async function firstDigest(world: World, id: string): Promise<string> {
  const [first] = await world.sql<{ digest: string }>(`SELECT digest FROM requests.gate_revision WHERE request_id = $1 AND gate = 'diff' AND revision = 1`, [id]);
  return first?.digest ?? '';
}
