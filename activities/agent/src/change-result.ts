import type { ArtifactRef } from '@countersign/domain';
import type { ExecuteResult } from '@countersign/workflow-contracts';

import type { AgentDeps } from './agent-deps.js';
import type { AgentRun } from './agent-run.js';
import { putCannot } from './drafting.js';
import { CHECKOUT } from './execution-tools.js';
import type { ApprovedPlan } from './plan-subject.js';
import type { AgentWorkspacePort } from './ports/agent-workspace.port.js';
import { counted } from './tool-words.js';
import { someOf } from './tools/skipped-notes.js';

export type Finished = {
  readonly run: AgentRun;
  readonly plan: ApprovedPlan;
  readonly attempt: number;
  readonly workspace: AgentWorkspacePort;
  readonly transcript?: ArtifactRef;
};

async function failed(deps: AgentDeps, { run, transcript }: Finished, code: 'PATH_NOT_IN_PLAN' | 'NOTHING_TO_CHANGE', message: string): Promise<ExecuteResult> {
  return { kind: 'failed', code, factId: await putCannot(deps, run, { code, message, understood: [], ...(transcript && { transcript }) }) };
}

/**
 * Makes one commit on top of the base, the same one on every retry, checks that it stays within the plan,
 * and stores what it is.
 */
export async function writeResult(deps: AgentDeps, result: Finished): Promise<ExecuteResult> {
  const { run, plan, attempt, workspace, transcript } = result;
  const { requestId, ref } = run;
  const { commit, tree, changed } = await workspace.snapshot(CHECKOUT, {
    parent: plan.baseCommit,
    message: `${plan.title}\n\nCountersign-Request: ${requestId}\n`,
    at: run.briefing.request.createdAt,
    force: plan.allowedPaths,
  });
  if (!changed) return failed(deps, result, 'NOTHING_TO_CHANGE', 'The plan was carried out and nothing differs from its base');

  const { patch, files } = await workspace.diff(plan.baseCommit, commit);
  const outside = deps.guards.pathsOutside(files, plan.allowedPaths);
  if (outside.length > 0) return failed(deps, result, 'PATH_NOT_IN_PLAN', `The result touches what the plan does not allow: ${someOf(outside)}`);

  const diff = await deps.artifacts.put(patch, { name: 'change.diff', mediaType: 'text/x-diff' });
  const { id } = await deps.records.putFact(requestId, ref, {
    kind: 'execution',
    key: run.runKey,
    data: {
      attempt,
      baseCommit: plan.baseCommit,
      headCommit: commit,
      tree,
      steps: plan.plan.steps.length,
      diff,
      files,
      limitsNotEnforced: deps.sandbox.declared.notEnforced,
      ...(transcript && { transcript }),
    },
    artifacts: transcript ? [diff, transcript] : [diff],
  });
  await deps.log(requestId).append(`done: ${counted(files.length, 'file')} changed`);
  return { kind: 'done', factId: id };
}
