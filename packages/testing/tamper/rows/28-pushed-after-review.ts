import { aGit } from '@countersign/git/testing';

import type { VcsGuards } from '../../../../activities/vcs/src/guards.js';
import { aProject, aRequest } from '../../../../activities/vcs/src/testing/vcs-fixture.js';
import { allow } from '../allow.js';
import type { Row } from '../row.js';
import { bareOf, branchOf, EVIL, reopened } from '../workspace.js';

const MAIN = 'refs/heads/main';

/** Whether the merge goes through, and takes the branch away, with nobody told of the commit that somebody pushed to it. */
async function comesThrough(guards: Partial<VcsGuards>): Promise<boolean> {
  const at = await aGit();
  try {
    const { source, bare, ...project } = await aProject(at.git, at.dir);
    const request = await aRequest({ source, bare, ...project }, 'r1', {}, guards);
    const { executionId, fact } = await request.execute({ 'a.txt': 'ONE\n' }, await source.run('rev-parse', 'HEAD'));
    const ask = { requestId: 'r1', executionId };
    await request.approveDiff(fact);
    await request.vcs.push(ask);
    await request.vcs.openMergeRequest(ask);
    const { factId: mergePrepId } = await request.vcs.prepareMerge(ask);
    await request.approveMerge(mergePrepId);

    const tree = await bare.writeTree({ [EVIL.path]: EVIL.text }, fact.headCommit);
    const foreign = await bare.commit({ tree, parents: [fact.headCommit], message: 'Mine', name: 'Mallory', email: 'm@example.org', at: '2026-01-01T00:00:00Z' });
    await bare.updateRefs([{ ref: branchOf('r1'), to: foreign }]);
    const merged = await request.vcs.merge({ requestId: 'r1', mergePrepId });
    const isGone = (await bare.resolve(branchOf('r1'))) === undefined && (await bare.refs('refs/countersign/foreign/')).length === 0;
    return 'kind' in merged && merged.kind === 'merged' && isGone;
  } finally {
    await at.remove();
  }
}

export const row: Row = {
  number: 28,
  title: 'commit pushed to our branch between review and merge',
  class: 'refused',
  guard: 'isOurHead',
  async control(world) {
    const id = await world.toMergeReview(await world.project('pushed'));
    await world.decide(world.people.reviewer, id, 'merge');
    await world.until(id, 'DONE');
  },
  async attack(world) {
    const { reviewer } = world.people;
    const project = await world.project('pushed');
    const id = await world.toMergeReview(project);
    const bare = bareOf(project);
    const [before, head] = [bare.resolve(MAIN), bare.resolve(branchOf(id)) ?? ''];
    const foreign = bare.withFile(head);
    bare.run(['update-ref', branchOf(id), foreign]);
    await world.decide(reviewer, id, 'merge');
    const left = await reopened(world, id, 'merge', 'HEAD_MOVED');
    const isRefused = bare.resolve(MAIN) === before && bare.resolve(branchOf(id)) === head;
    const isKept = bare.resolve(`refs/countersign/foreign/${id}/${foreign}`) === foreign;

    const honest = await world.decide(reviewer, id, 'merge');
    await world.until(id, 'DONE');
    const main = bare.resolve(MAIN) ?? '';
    const isReviewed = bare.run(['rev-parse', `${main}^2`]) === head && !bare.isAncestor(foreign, main);
    return { class: 'refused', code: 'HEAD_MOVED', left, worksAfterwards: honest.outcome === 'recorded' && isRefused && isKept && isReviewed };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ isOurHead: allow(true) }) }),
};
