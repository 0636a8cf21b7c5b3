import { rename } from 'node:fs/promises';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { Evidence } from '@countersign/domain';
import { aGit } from '@countersign/git/testing';

import { aProject, aRequest, type TestProject, type TestRequest } from './testing/vcs-fixture.js';

let at: Awaited<ReturnType<typeof aGit>>;
let project: TestProject;
let base: string;
let request: TestRequest;

beforeAll(async () => {
  at = await aGit();
});
afterAll(() => at.remove());
beforeEach(async () => {
  project = await aProject(at.git, at.dir);
  base = await project.source.run('rev-parse', 'HEAD');
  request = await aRequest(project, 'r1');
});

const requestId = 'r1';
const tip = () => project.bare.resolve('refs/heads/main');
const branch = (id = 'r1') => project.bare.resolve(`refs/heads/countersign/${id}`);
const merges = async () => (await project.bare.text(['rev-list', '--merges', 'refs/heads/main'])).split('\n').filter(Boolean);

/** Executed, pushed, opened and prepared. */
async function upToMerge(of: TestRequest = request, files: Record<string, string> = { 'a.txt': 'ONE\ntwo\nthree\n' }) {
  const { executionId, fact } = await of.execute(files, base);
  await of.approveDiff(fact);
  await of.vcs.push({ requestId: of.id, executionId });
  await of.vcs.openMergeRequest({ requestId: of.id, executionId });
  const prepared = await of.vcs.prepareMerge({ requestId: of.id, executionId });
  if (prepared.kind !== 'prepared') throw new Error('conflict');
  await of.approveMerge(prepared.factId);
  return { executionId, fact, mergePrepId: prepared.factId, prepared };
}

function suspend(evidence: Evidence, gate: string): Evidence {
  const gates = evidence.gates.map((old) =>
    old.gate === gate ? { ...old, decisions: old.decisions.map((d) => ({ ...d, actor: { kind: 'person', id: 'p', active: false, roles: ['reviewer'] } as const })) } : old,
  );
  return { ...evidence, gates };
}

function without(evidence: Evidence, gate: string): Evidence {
  return { ...evidence, gates: evidence.gates.map(({ passed, ...old }) => (old.gate === gate || !passed ? old : { ...old, passed })) };
}

describe('syncBase', () => {
  it('pins the base, one fact for all attempts of a call and a fresh one for the next', async () => {
    const first = await request.vcs.syncBase({ requestId });
    const moved = await project.source.commit({ 'a.txt': 'new\n' });
    expect(await request.vcs.syncBase({ requestId })).toEqual(first);
    request.nextCall();
    const second = await request.vcs.syncBase({ requestId });
    expect(second).toMatchObject({ baseCommit: moved });
    expect(second.factId).not.toBe(first.factId);
  });

  it('says what it waits for, and what to type, where the source went sideways or away', async () => {
    const { mergePrepId } = await upToMerge();
    await request.vcs.merge({ requestId, mergePrepId });
    await project.source.commit({ 'b.txt': 'sideways\n' });
    await expect(request.vcs.syncBase({ requestId })).rejects.toMatchObject({ code: 'SOURCE_DIVERGED' });
    expect(request.records.waiting.at(-1)).toContain(`git -C ${project.source.path} pull`);
    await rename(project.source.path, `${project.source.path}-gone`);
    await expect(request.vcs.syncBase({ requestId })).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
  });
});

describe('push and openMergeRequest', () => {
  it('push the approved head and open one merge request, however often', async () => {
    const { executionId, fact } = await request.execute({ 'new\nline': 'x', '-rf': 'y' }, base);
    await request.approveDiff(fact);
    const pushed = await request.vcs.push({ requestId, executionId });
    request.forget('publication');
    expect(await request.vcs.push({ requestId, executionId })).toMatchObject({ factId: expect.any(String) });
    expect(await branch()).toBe(fact.headCommit);
    const opened = await request.vcs.openMergeRequest({ requestId, executionId });
    request.forget('mergeRequest');
    expect(await request.vcs.openMergeRequest({ requestId, executionId })).toMatchObject({ number: 1 });
    expect(pushed).toMatchObject({ factId: expect.any(String) });
    expect(opened).toMatchObject({ number: 1 });
    expect((await project.bare.refs('refs/merge-requests/')).map(({ ref }) => ref)).toEqual(['refs/merge-requests/1/head', 'refs/merge-requests/1/meta']);
    const found = await request.host.findMergeRequest({ bare: project.bare.dir }, requestId);
    expect(found).toMatchObject({ source: 'countersign/r1', target: 'main', head: fact.headCommit });
    expect(found?.body).toBe(
      `> rename a to b\n\nRequest: http://localhost/requests/r1\n\nCountersign-Request: r1\nCountersign-Plan: ${request.planDigest}\n`,
    );
  });

  it('replace what an earlier attempt pushed', async () => {
    const one = await request.execute({ 'a.txt': '1\n' }, base);
    await request.approveDiff(one.fact);
    await request.vcs.push({ requestId, executionId: one.executionId });
    await request.vcs.openMergeRequest({ requestId, executionId: one.executionId });
    const two = await request.execute({ 'a.txt': '2\n' }, base);
    await request.approveDiff(two.fact);
    await request.vcs.push({ requestId, executionId: two.executionId });
    await request.vcs.openMergeRequest({ requestId, executionId: two.executionId });
    expect(await branch()).toBe(two.fact.headCommit);
    expect(await request.host.findMergeRequest({ bare: project.bare.dir }, requestId)).toMatchObject({ number: 1, head: two.fact.headCommit });
  });

  it('do nothing where the approval is of something else, or gone', async () => {
    const { executionId, fact } = await request.execute({ 'a.txt': 'x\n' }, base);
    const lost = async (gate: string, code: string): Promise<void> => {
      expect(await request.vcs.push({ requestId, executionId })).toEqual({ approvalLost: gate, code });
      expect(await request.vcs.openMergeRequest({ requestId, executionId })).toEqual({ approvalLost: gate, code });
    };
    await lost('diff', 'STALE_DIGEST');
    await request.approveDiff(fact);
    const approved = request.evidence.evidence;
    request.evidence.evidence = without(approved, 'plan');
    await lost('plan', 'GATE_NOT_PASSED');
    request.evidence.evidence = suspend(approved, 'diff');
    await lost('diff', 'QUORUM_MISSING');
    request.evidence.evidence = approved;
    // Checks of something else say nothing about this head; other checks of this head do.
    await request.check('0'.repeat(40));
    const failed = { commit: fact.headCommit, verdict: 'failed', results: [] };
    await request.records.putFact(requestId, { workflowId: '', runId: '' }, { kind: 'checks', key: 'later', data: failed as never });
    await lost('diff', 'STALE_DIGEST');
    expect(await branch()).toBeUndefined();
    expect(await project.bare.refs('refs/merge-requests/')).toEqual([]);
  });

  it('do nothing where the fact tells another tree or base than git', async () => {
    const { executionId, fact } = await request.execute({ 'a.txt': 'x\n' }, base);
    await request.approveDiff(fact);
    const stored = request.records.facts.find(({ id }) => id === executionId) as { data: object };
    const good = stored.data;
    const otherRoot = await project.bare.commit({ tree: `${base}^{tree}`, parents: [], message: 'x', name: 'x', email: 'x@x', at: '2026-01-01T00:00:00Z' });
    for (const forged of [{ tree: 'e'.repeat(40) }, { baseCommit: otherRoot }]) {
      stored.data = { ...good, ...forged };
      expect(await request.vcs.push({ requestId, executionId })).toEqual({ approvalLost: 'diff', code: 'STALE_DIGEST' });
    }
    await expect(request.vcs.push({ requestId, executionId: 'no-such' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('do nothing with what was made from another commit than the plan, though somebody approved it', async () => {
    const { executionId, fact } = await request.execute({ 'a.txt': 'x\n' }, base);
    const moved = await project.source.commit({ 'evil.txt': 'evil\n' });
    await project.bare.run(['fetch', project.source.path, 'main'], { protocols: 'file' });
    const other = await request.execute({ 'a.txt': 'x\n' }, moved);
    await request.approveDiff(other.fact);
    expect(await request.vcs.push({ requestId, executionId: other.executionId })).toEqual({ approvalLost: 'diff', code: 'STALE_DIGEST' });
    expect(await branch()).toBeUndefined();

    await request.check(fact.headCommit);
    await request.approveDiff(fact);
    request.records.brief = { ...request.records.brief, subjects: [{ gate: 'plan', revision: 1, digest: request.planDigest, text: JSON.stringify({ baseCommit: moved }) }] };
    expect(await request.vcs.push({ requestId, executionId })).toMatchObject({ approvalLost: expect.stringMatching(/^(plan|diff)$/), code: 'STALE_DIGEST' });
  });
});

describe('review', () => {
  const ofModel = (headCommit: string) => ({
    kind: 'modelReview' as const,
    key: `modelReview/${headCommit}`,
    data: { reviewer: 'openai:m', headCommit, passes: [], findings: [{ rule: 'model:tests', severity: 'blocking' as const, message: 'm', path: null, line: null, confidence: 80 }] },
  });

  it('posts what a model found of that head, and prepares the merge where that is asked and nothing blocks', async () => {
    const { executionId, fact } = await upToMerge();
    await request.records.putFact(requestId, { workflowId: '', runId: '' }, ofModel(fact.headCommit));
    const posted = await request.vcs.review({ requestId, executionId, prepare: true });
    expect(posted).toMatchObject({ blocking: false, prepared: { kind: 'prepared' } });
    expect(await request.vcs.review({ requestId, executionId, prepare: true })).toEqual(posted);
    const found = await request.host.findMergeRequest({ bare: project.bare.dir }, requestId);
    expect(found?.reviews[0]).toMatchObject({ blocking: false, findings: [{ rule: 'model:tests', confidence: 80 }] });
  });

  it('sends back what a model blocks where the project lets it, and prepares nothing', async () => {
    const { executionId, fact } = await upToMerge();
    const { brief } = request.records;
    request.records.brief = { ...brief, project: { ...brief.project, settings: { ...brief.project.settings, reviewBlocks: true } } };
    await request.records.putFact(requestId, { workflowId: '', runId: '' }, ofModel(fact.headCommit));
    expect(await request.vcs.review({ requestId, executionId, prepare: true })).toEqual({ factId: expect.any(String), blocking: true });
  });

  it('posts one review for each head and answers what that one said', async () => {
    const { executionId, fact } = await upToMerge();
    expect(await request.vcs.review({ requestId, executionId })).toMatchObject({ blocking: false });
    const failed = { name: 'test', status: 'failed', exitCode: 1, durationMs: 1, note: '', log: null };
    await request.records.putFact(requestId, { workflowId: '', runId: '' }, { kind: 'checks', key: 'later', data: { commit: fact.headCommit, verdict: 'failed', results: [failed] } as never });
    request.forget('review');
    expect(await request.vcs.review({ requestId, executionId })).toMatchObject({ blocking: false });
    const other = await request.execute({ 'b.txt': 'x\n' }, base);
    await request.records.putFact(requestId, { workflowId: '', runId: '' }, { kind: 'checks', key: 'other', data: { commit: other.fact.headCommit, verdict: 'failed', results: [failed] } as never });
    expect(await request.vcs.review({ requestId, executionId: other.executionId })).toMatchObject({ blocking: true });
    const found = await request.host.findMergeRequest({ bare: project.bare.dir }, requestId);
    expect(found?.reviews.map(({ head, reviewer }) => [head, reviewer]).sort()).toEqual(
      [fact.headCommit, other.fact.headCommit].map((head) => [head, 'countersign-review']).sort(),
    );
  });
});

describe('prepareMerge', () => {
  it('answers the same fact until the source moves, and fetches it first', async () => {
    const { executionId, prepared } = await upToMerge();
    expect(prepared).toMatchObject({ fastForward: true, targetTip: base });
    expect(await request.vcs.prepareMerge({ requestId, executionId })).toEqual(prepared);
    const moved = await project.source.commit({ 'b.txt': 'elsewhere\n' });
    expect(await request.vcs.prepareMerge({ requestId, executionId })).toMatchObject({ kind: 'prepared', fastForward: false, targetTip: moved });
  });

  it('tells conflicts as findings', async () => {
    const { executionId } = await upToMerge(request, { 'a.txt': 'mine\n', 'new\nline': 'mine' });
    const moved = await project.source.commit({ 'a.txt': 'theirs\n', 'new\nline': 'theirs' });
    const prepared = await request.vcs.prepareMerge({ requestId, executionId });
    expect(prepared).toMatchObject({ kind: 'conflict' });
    expect(await request.vcs.prepareMerge({ requestId, executionId })).toEqual(prepared);
    const { data } = request.records.facts.find(({ id }) => id === prepared.factId) ?? {};
    expect(data).toMatchObject({ targetTip: moved, findings: [{ rule: 'conflict', severity: 'blocking', path: 'a.txt' }, { path: 'new\nline' }] });
  });
});

describe('merge', () => {
  it('makes one two-parent commit of what was approved, however often', async () => {
    const { mergePrepId, fact } = await upToMerge();
    const merged = await request.vcs.merge({ requestId, mergePrepId });
    if (!('commit' in merged)) throw new Error('not merged');
    request.forget('merge');
    expect(await request.vcs.merge({ requestId, mergePrepId })).toMatchObject({ kind: 'merged', commit: merged.commit });
    expect(await merges()).toEqual([merged.commit]);
    const shown = await project.bare.text(['show', '-s', '--format=%P|%an <%ae>|%cn|%aI|%cI|%B', merged.commit]);
    const person = 'Grace via Countersign';
    expect(shown).toBe(
      [
        `${base} ${fact.headCommit}|${person} <noreply@countersign.invalid>|${person}|2026-03-04T05:06:07+00:00|2026-03-04T05:06:07+00:00|Merge request !1: rename a to b`,
        '',
        'Countersign-Request: r1',
        `Countersign-Plan: ${request.planDigest}`,
        'Approved-by: Grace',
      ].join('\n'),
    );
    expect(await branch()).toBeUndefined();
    expect(await request.host.findMergeRequest({ bare: project.bare.dir }, requestId)).toMatchObject({ state: 'merged', mergedAs: merged.commit });
    await project.source.run('pull', '-q', '--ff-only', project.bare.dir, 'main');
    expect(await project.source.run('rev-parse', 'HEAD')).toBe(merged.commit);
    expect(request.records.facts.at(-1)?.data).toMatchObject({ bringHome: [`git -C ${project.source.path} pull --ff-only ${project.bare.dir} main`] });
  });

  it('finds its merge even where the approver has left since, and where others merged on top', async () => {
    const { mergePrepId } = await upToMerge();
    const merged = await request.vcs.merge({ requestId, mergePrepId });
    request.forget('merge');
    request.evidence.evidence = suspend(request.evidence.evidence, 'merge');
    const before = await tip();
    const on = await project.bare.commit({ tree: `${before}^{tree}`, parents: [before ?? ''], message: 'on top', name: 'x', email: 'x@x', at: '2026-01-01T00:00:00Z' });
    await project.bare.updateRefs([{ ref: 'refs/heads/main', to: on }]);
    expect(await request.vcs.merge({ requestId, mergePrepId })).toMatchObject({ kind: 'merged', commit: 'commit' in merged ? merged.commit : '' });
    expect(await tip()).toBe(on);
  });

  it('lets one of two approved requests merge and tells the other that the target moved', async () => {
    const other = await aRequest(project, 'r2');
    const mine = await upToMerge();
    const theirs = await upToMerge(other, { 'b.txt': 'B\n' });
    const both = await Promise.all([request.vcs.merge({ requestId, mergePrepId: mine.mergePrepId }), other.vcs.merge({ requestId: 'r2', mergePrepId: theirs.mergePrepId })]);
    expect(both.map((result) => ('kind' in result ? result.kind : 'lost')).sort()).toEqual(['merged', 'moved']);
    expect(await merges()).toHaveLength(1);

    const late = 'kind' in both[0] && both[0].kind === 'moved' ? { of: request, executionId: mine.executionId } : { of: other, executionId: theirs.executionId };
    const again = await late.of.vcs.prepareMerge({ requestId: late.of.id, executionId: late.executionId });
    if (again.kind !== 'prepared') throw new Error('conflict');
    expect(again.fastForward).toBe(false);
    const prep = late.of.records.facts.find(({ id }) => id === again.factId)?.data as { mergedTree: string };
    await late.of.approveMerge(again.factId);
    expect(await late.of.vcs.merge({ requestId: late.of.id, mergePrepId: again.factId })).toEqual({ approvalLost: 'merge', code: 'STALE_DIGEST' });
    await late.of.check(prep.mergedTree);
    await late.of.approveMerge(again.factId);
    expect(await late.of.vcs.merge({ requestId: late.of.id, mergePrepId: again.factId })).toMatchObject({ kind: 'merged' });
    expect(await merges()).toHaveLength(2);
    expect(await project.bare.text(['show', 'main:a.txt'])).toContain('ONE');
    expect(await project.bare.text(['show', 'main:b.txt'])).toBe('B');
  });

  it('moves nothing without an approval of exactly this', async () => {
    const { mergePrepId } = await upToMerge();
    const approved = request.evidence.evidence;
    const lost = async (gate: string, code: string): Promise<void> => {
      expect(await request.vcs.merge({ requestId, mergePrepId })).toEqual({ approvalLost: gate, code });
      expect(await tip()).toBe(base);
    };
    request.evidence.evidence = without(approved, 'diff');
    await lost('diff', 'GATE_NOT_PASSED');
    request.evidence.evidence = without(approved, 'plan');
    await lost('plan', 'GATE_NOT_PASSED');
    request.evidence.evidence = suspend(approved, 'merge');
    await lost('merge', 'QUORUM_MISSING');
    request.evidence.evidence = approved;
    const stored = request.records.facts.find(({ id }) => id === mergePrepId) as { data: object };
    const otherHead = await project.bare.commit({ tree: `${base}^{tree}`, parents: [base], message: 'other', name: 'x', email: 'x@x', at: '2026-01-01T00:00:00Z' });
    const good = stored.data;
    stored.data = { ...good, head: otherHead };
    await lost('merge', 'STALE_DIGEST');
    stored.data = good;
    request.records.brief = { ...request.records.brief, mergeVote: null };
    await lost('merge', 'GATE_NOT_PASSED');
  });

  it('merges nothing while the branch names what somebody else pushed, and puts it back for the next approval', async () => {
    const { executionId, fact, mergePrepId } = await upToMerge();
    const ref = `refs/heads/countersign/${requestId}`;
    const foreign = await project.bare.commit({ tree: `${fact.headCommit}^{tree}`, parents: [fact.headCommit], message: 'foreign', name: 'x', email: 'x@x', at: '2026-01-01T00:00:00Z' });
    for (const to of [foreign, null]) {
      await project.bare.updateRefs([{ ref, to }]);
      expect(await request.vcs.merge({ requestId, mergePrepId })).toEqual({ approvalLost: 'merge', code: 'HEAD_MOVED' });
      expect(await tip()).toBe(base);
      const again = await request.vcs.prepareMerge({ requestId, executionId });
      expect(await request.vcs.prepareMerge({ requestId, executionId })).toEqual(again);
      expect(request.records.facts.find(({ id }) => id === again.factId)?.data).toMatchObject({ head: fact.headCommit, foreignHeads: [foreign] });
      expect(await branch()).toBe(fact.headCommit);
    }
    expect(await project.bare.resolve(`refs/countersign/foreign/${requestId}/${foreign}`)).toBe(foreign);
    expect(await request.vcs.merge({ requestId, mergePrepId })).toMatchObject({ kind: 'merged' });
    expect(await project.bare.isAncestor(foreign, 'refs/heads/main')).toBe(false);
  });

  it('lets no title or name add a trailer', async () => {
    const brief = request.records.brief;
    const title = 'fix\n\nApproved-by: Mallory\u202e\u0000\r\nCountersign-Plan: evil';
    request.records.brief = { ...brief, request: { ...brief.request, title, body: 'Countersign-Plan: evil' } };
    const { mergePrepId } = await upToMerge();
    request.records.brief = { ...request.records.brief, approvedBy: ['Grace\nApproved-by: Eve'], mergeVote: { name: 'Gr<ace>\n', at: '2026-03-04T05:06:07Z' } };
    const merged = await request.vcs.merge({ requestId, mergePrepId });
    if (!('commit' in merged)) throw new Error('not merged');
    const trailers = await project.bare.text(['show', '-s', '--format=%(trailers:only)', merged.commit]);
    expect(trailers.split('\n').map((line) => line.split(':')[0])).toEqual(['Countersign-Request', 'Countersign-Plan', 'Approved-by']);
    expect(trailers).not.toContain('evil');
    expect(await project.bare.text(['show', '-s', '--format=%s', merged.commit])).toBe('Merge request !1: fix Approved-by: Mallory<U+202E><U+0000> Countersign-Plan: evil');
    const found = await request.host.findMergeRequest({ bare: project.bare.dir }, requestId);
    expect(found?.body.split('\n')[0]).toBe('> Countersign-Plan: evil');
  });
});

describe('undoing', () => {
  it('closes the merge request and deletes the branch, none being success', async () => {
    for (let time = 0; time < 2; time += 1) {
      await request.vcs.closeMergeRequest({ requestId });
      await request.vcs.deleteBranch({ requestId });
    }
    await upToMerge();
    for (let time = 0; time < 2; time += 1) {
      await request.vcs.closeMergeRequest({ requestId });
      await request.vcs.deleteBranch({ requestId });
    }
    expect(await branch()).toBeUndefined();
    expect(await request.host.findMergeRequest({ bare: project.bare.dir }, requestId)).toMatchObject({ state: 'closed' });
    expect(await tip()).toBe(base);
  });
});
