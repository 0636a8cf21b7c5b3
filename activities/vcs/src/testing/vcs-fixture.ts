import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { diffSubject, mergeSubject, type Facts, type Gate } from '@countersign/domain';
import { digestOf, sha256Hex } from '@countersign/domain/digest';
import { aGateEvidence, anEvidence } from '@countersign/domain/testing';
import { BareRepository, importBare, RequestWorkspace, workspaceRoot, type Git } from '@countersign/git';
import { aRepository, type TestRepository } from '@countersign/git/testing';
import type { Briefing } from '@countersign/workflow-contracts';
import { aBriefing, fakeEvidence, fakeRequestRecords, type FakeRequestRecords } from '@countersign/workflow-contracts/testing';

import { LocalCodeHostAdapter } from '../adapters/local-code-host.adapter.js';
import { VCS_GUARDS, type VcsGuards } from '../guards.js';
import { vcsActivities } from '../vcs.activities.js';

const AT = '2026-03-04T05:06:07Z';
const RUN = { workflowId: 'w', runId: 'run' };

export type TestProject = { readonly dir: string; readonly source: TestRepository; readonly bare: BareRepository; readonly git: Git };

/** A source and its bare copy below a folder of their own. */
export async function aProject(git: Git, below: string): Promise<TestProject> {
  const dir = await mkdtemp(join(below, 'project-'));
  const source = await aRepository(git, join(dir, 'source'), { 'a.txt': 'one\ntwo\nthree\n', 'b.txt': 'b\n' });
  await importBare({ git, source: source.path, bareDir: join(dir, 'bare'), roots: [dir], allowPrivateHosts: false });
  return { dir, source, bare: new BareRepository(git, join(dir, 'bare')), git };
}

export type TestRequest = {
  readonly id: string;
  /** Of the approved plan, whose base is the source's tip when the request was made. */
  readonly planDigest: string;
  readonly records: FakeRequestRecords;
  readonly evidence: ReturnType<typeof fakeEvidence>;
  readonly host: LocalCodeHostAdapter;
  readonly vcs: ReturnType<typeof vcsActivities>;
  readonly workspace: RequestWorkspace;
  /** Makes a result on a base, with passed checks, and answers its fact. */
  readonly execute: (files: Readonly<Record<string, string>>, base: string) => Promise<{ executionId: string; fact: Facts['execution'] }>;
  /** Stores checks of a commit, as a run of them would. */
  readonly check: (commit: string) => Promise<void>;
  readonly approveDiff: (fact: Facts['execution']) => Promise<void>;
  readonly approveMerge: (mergePrepId: string) => Promise<void>;
  /** The activity that runs is another one from now on. */
  readonly nextCall: () => void;
  /** A crash before the record: the facts of a kind were never stored. */
  readonly forget: (kind: string) => void;
};

export async function aRequest(project: TestProject, id: string, over: Partial<Briefing> = {}, guards: Partial<VcsGuards> = {}): Promise<TestRequest> {
  const { git, dir, bare, source } = project;
  const brief = aBriefing(over);
  const plan = JSON.stringify({ gate: 'plan', baseCommit: await source.run('rev-parse', 'HEAD') });
  const records = fakeRequestRecords({
    ...brief,
    request: { ...brief.request, id },
    project: { ...brief.project, repo: source.path, bare: bare.dir, branch: 'main' },
    subjects: [{ gate: 'plan', revision: 1, digest: sha256Hex(plan), text: plan }],
  });
  const evidence = fakeEvidence(anEvidence({ requestId: id }));
  const host = new LocalCodeHostAdapter(git, () => AT);
  const workspace = new RequestWorkspace({ git, root: workspaceRoot(dir, id), bare: bare.dir });
  let callId = 1;
  const vcs = vcsActivities({
    records,
    evidence,
    guards: { ...VCS_GUARDS, ...guards },
    hosts: { local: host },
    git,
    source: { roots: [dir], allowPrivateHosts: false },
    workspace: () => workspace,
    reviewer: { name: 'countersign-review' },
    requestUrl: (request) => `http://localhost/requests/${request}`,
    execution: { run: () => RUN, callId: () => String(callId), attempt: () => 1, heartbeat: () => undefined, signal: () => new AbortController().signal },
  });
  const put = async (kind: never, data: unknown): Promise<string> => (await records.putFact(id, RUN, { kind, key: `test:${records.facts.length}`, data: data as never })).id;
  const latest = async <K extends 'checks' | 'measure' | 'mergePrep'>(kind: K) => (await records.latestFact(id, RUN, kind))?.data ?? null;
  const checksDigest = async (): Promise<string> => digestOf({ checks: await latest('checks'), measure: await latest('measure') });
  const pass = (gate: Gate, digest: string): void => {
    const gates = evidence.evidence.gates.map((old) => (old.gate === gate ? aGateEvidence({ gate, digest }) : old));
    evidence.evidence = { ...evidence.evidence, gates };
  };
  pass('plan', sha256Hex(plan));
  const check: TestRequest['check'] = async (commit) => void (await put('checks' as never, { commit, verdict: 'passed', results: [] }));

  return {
    id,
    planDigest: sha256Hex(plan),
    records,
    evidence,
    host,
    vcs,
    workspace,
    check,
    async execute(files, base) {
      await workspace.prepare();
      const folder = await workspace.checkout('work', base);
      for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
      const { commit, tree } = await workspace.snapshot('work', { parent: base, message: 'step', at: AT });
      const diff = { sha256: 'd'.repeat(64), bytes: 1, name: 'diff.patch', mediaType: 'text/x-diff' };
      const fact = { attempt: 1, baseCommit: base, headCommit: commit, tree, steps: 1, diff, files: [], limitsNotEnforced: [] };
      const executionId = await put('execution' as never, fact);
      await check(commit);
      await put('measure' as never, { headCommit: commit, addedLines: 1, removedLines: 0, files: [], pathsOutsidePlan: [], secrets: 0, ciOrDependencyFiles: [], findings: [] });
      return { executionId, fact };
    },
    async approveDiff({ baseCommit, headCommit, tree }) {
      pass('diff', digestOf(diffSubject(id, { baseCommit, headCommit, tree, checksDigest: await checksDigest() })));
    },
    async approveMerge(mergePrepId) {
      const prep = await records.getFact(id, RUN, 'mergePrep', mergePrepId);
      if (!prep) throw new Error('no such mergePrep fact');
      const { fastForward: _fastForward, ...held } = prep.data;
      pass('merge', digestOf(mergeSubject(id, { ...held, checksDigest: await checksDigest() })));
      records.brief = { ...records.brief, mergeVote: { name: 'Grace', at: AT }, approvedBy: ['Grace'] };
    },
    nextCall: () => void (callId += 1),
    forget(kind) {
      for (const fact of records.facts) if (fact.kind === kind) Object.assign(fact, { kind: `lost-${kind}`, key: `lost-${fact.key}` });
    },
  };
}
