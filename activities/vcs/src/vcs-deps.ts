import type { Git, RequestWorkspace, SourceRules } from '@countersign/git';
import type { ApprovalEvidencePort, RequestRecordsPort, RunRef } from '@countersign/workflow-contracts';
import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';

import type { CodeHostRegistry } from './code-host.registry.js';
import type { VcsGuards } from './guards.js';

export type VcsDeps = {
  readonly records: RequestRecordsPort;
  readonly evidence: ApprovalEvidencePort;
  readonly guards: VcsGuards;
  readonly hosts: CodeHostRegistry;
  readonly git: Git;
  /** What a source may be: roots, data folder, private hosts. */
  readonly source: SourceRules;
  readonly workspace: (requestId: string, bare: string) => RequestWorkspace;
  readonly reviewer: { readonly name: string };
  /** The page where people see a request. */
  readonly requestUrl: (requestId: string) => string;
  /** What an activity knows of its own execution; Temporal's by default. */
  readonly execution?: ActivityExecution;
};

export type ActivityExecution = {
  readonly run: () => RunRef;
  /** The same for every attempt of one scheduled activity, another for the next one scheduled. */
  readonly callId: () => string;
  readonly attempt: () => number;
  readonly heartbeat: (progress: string) => void;
  readonly signal: () => AbortSignal;
};

export const temporalExecution: ActivityExecution = {
  run() {
    const { workflowExecution } = activityInfo();
    if (!workflowExecution) throw new Error('A vcs activity was started by something other than a workflow');
    return { workflowId: workflowExecution.workflowId, runId: workflowExecution.runId };
  },
  callId: () => activityInfo().activityId,
  attempt: () => activityInfo().attempt,
  heartbeat: (progress) => heartbeat(progress),
  signal: () => cancellationSignal(),
};
