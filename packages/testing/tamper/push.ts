import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { LocalCodeHostAdapter } from '../../../activities/vcs/src/adapters/local-code-host.adapter.js';
import { VCS_GUARDS, type VcsGuards } from '../../../activities/vcs/src/guards.js';
import { aProject as aRepositoryAndCopy } from '../../../activities/vcs/src/testing/vcs-fixture.js';
import { vcsActivities } from '../../../activities/vcs/src/vcs.activities.js';
import type { Guards } from '../../../services/requests/src/guards.js';
import { aProject } from '../../../services/requests/src/testing/projects.fake.js';
import { FACTS, harness } from '../../../services/requests/test/harness.js';
import { PinnedKeys } from '../../../services/worker/src/evidence/pinned-keys.js';
import { RpcApprovalEvidence } from '../../../services/worker/src/evidence/rpc-approval-evidence.adapter.js';
import { RpcRequestRecords } from '../../../services/worker/src/records/rpc-request-records.adapter.js';
import type { requestsRpc } from '@countersign/contracts';
import { aGit } from '@countersign/git/testing';
import { RequestWorkspace, workspaceRoot } from '@countersign/git';
import type { ServiceRpc } from '@countersign/platform';
import type { RunRef } from '@countersign/workflow-contracts';

export type Pushing = {
  readonly id: string;
  /** The run that owns the request. */
  readonly owner: RunRef;
  readonly executionId: string;
  /** The policies of the project, from now on. */
  readonly setPolicy: (policyVersion: string) => void;
  /** `vcs.push` as the worker wires it, called by that run. */
  readonly push: (run: RunRef, guards?: Partial<VcsGuards>) => Promise<unknown>;
  /** The request's branch in the bare copy. */
  readonly branch: () => Promise<string | undefined>;
};

/** A request whose diff gate policy passed: records on real Postgres, signed evidence judged as the worker does, a real repository. */
export async function whilePushing<Result>(guards: Partial<Guards>, work: (pushing: Pushing) => Promise<Result>): Promise<Result> {
  const at = await aGit();
  const h = await harness({}, { guards });
  try {
    const { git, dir, bare, source } = await aRepositoryAndCopy(at.git, at.dir);
    const project = { repo: source.path, bare: bare.dir };
    h.projects.setProject(aProject(project));
    h.projects.verdict = { effect: 'allow', policyIds: ['proven'], policyVersion: 'policy-1', reasons: [] };
    const id = await h.create();
    const owner = h.owner.run;
    const base = await source.run('rev-parse', 'HEAD');
    const workspace = new RequestWorkspace({ git, root: workspaceRoot(dir, id), bare: bare.dir });
    const executionId = await executed(h, id, base, workspace);
    const records = inProcess(h);
    const keys = new PinnedKeys(h.keys.root, { highest: () => Promise.resolve(0), raise: () => Promise.resolve() });
    return await work({
      id,
      owner,
      executionId,
      setPolicy: (policyVersion) => h.projects.setProject(aProject({ ...project, policyVersion })),
      push: (run, over = {}) => {
        const vcs = vcsActivities({
          records: new RpcRequestRecords(records),
          evidence: new RpcApprovalEvidence(records, keys),
          hosts: { local: new LocalCodeHostAdapter(git, () => new Date().toISOString()) },
          git,
          source: { roots: [dir], allowPrivateHosts: false },
          workspace: () => workspace,
          reviewer: { name: 'countersign-review' },
          requestUrl: (request) => `http://localhost/requests/${request}`,
          execution: { run: () => run, callId: () => '1', attempt: () => 1, heartbeat: () => undefined, signal: () => new AbortController().signal },
          guards: { ...VCS_GUARDS, ...over },
        });
        return vcs.push({ requestId: id, executionId });
      },
      branch: () => bare.resolve(`refs/heads/countersign/${id}`),
    });
  } finally {
    await h.close();
    await at.remove();
  }
}

type Harness = Awaited<ReturnType<typeof harness>>;

/** Calls of activities reach the records without a wire between them. */
function inProcess({ activities }: Harness): ServiceRpc<typeof requestsRpc> {
  const called = (name: string) => Reflect.get(activities, name.replace('activity.', '')) as (input: unknown) => Promise<never>;
  return { call: (name, input) => called(name).call(activities, input) };
}

/** Planned on the base, approved by a person, executed, checked, and passed by policy. */
async function executed(h: Harness, id: string, base: string, workspace: RequestWorkspace): Promise<string> {
  await h.put(id, 'spec', FACTS.spec);
  await h.open(id, 'spec');
  await h.put(id, 'plan', { ...FACTS.plan, baseCommit: base });
  const opened = await h.open(id, 'plan');
  const { decisionId } = await h.vote(id, 'reviewer', 'plan', opened.outcome === 'open' ? opened.digest : '');
  await h.records.closeGate({ requestId: id, gate: 'plan', revision: 1, decisionIds: [decisionId ?? ''] });

  await workspace.prepare();
  await writeFile(join(await workspace.checkout('work', base), 'a.txt'), 'ONE\ntwo\nthree\n');
  const { commit, tree } = await workspace.snapshot('work', { parent: base, message: 'step', at: '2026-03-04T05:06:07Z' });
  const execution = await h.put(id, 'execution', { ...FACTS.execution, baseCommit: base, headCommit: commit, tree });
  await h.records.transition({ requestId: id, moves: ['CHECKING'] });
  await h.put(id, 'checks', { ...FACTS.checks, commit });
  await h.put(id, 'measure', { ...FACTS.measure, headCommit: commit });
  const passed = await h.open(id, 'diff');
  if (passed.outcome !== 'passed') throw new Error('policy did not pass the diff gate');
  return execution.id;
}
