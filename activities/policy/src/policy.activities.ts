import { AppError, hasBlocking, type PlanSubject } from '@countersign/domain';
import type { RequestWorkspace } from '@countersign/git';
import type { Briefing, PolicyActivities, RequestRecordsPort, RunRef } from '@countersign/workflow-contracts';

import type { PolicyGuards } from './guards.js';
import { measureChange } from './measure-change.js';
import { secretlintScanner, type SecretScanner } from './secret-scanner.js';

export type PolicyDeps = {
  readonly records: RequestRecordsPort;
  /** Reads only, so that it may go on beside the checks. */
  readonly workspace: (requestId: string, bare: string) => Pick<RequestWorkspace, 'diff' | 'inspect'>;
  /** These two answer for the activity that is running at the call. */
  readonly run: () => RunRef;
  readonly heartbeat: (details?: unknown) => void;
  readonly guards: PolicyGuards;
  readonly scanner?: SecretScanner;
};

/** Measuring is not deciding: nothing here is a verdict. */
export function policyActivities(deps: PolicyDeps): PolicyActivities {
  const scanner = deps.scanner ?? secretlintScanner();
  return {
    /** A second call answers the fact stored first. */
    measure: (input) => measure(deps, scanner, input),
  };
}

async function measure(
  deps: PolicyDeps,
  scanner: SecretScanner,
  { requestId, executionId }: Parameters<PolicyActivities['measure']>[0],
): ReturnType<PolicyActivities['measure']> {
  const run = deps.run();
  const step = (name: string): void => deps.heartbeat({ step: name });
  const [briefing, execution] = await Promise.all([
    deps.records.briefing(requestId, run),
    deps.records.getFact(requestId, run, 'execution', executionId),
  ]);
  if (!execution) throw new AppError('NOT_FOUND', `The request has no execution ${executionId}`);
  const { baseCommit, headCommit } = execution.data;
  const plan = newestPlan(briefing);
  const workspace = deps.workspace(requestId, briefing.project.bare);
  step('measure: diff');
  const { patch, files } = await workspace.diff(baseCommit, headCommit);
  step('measure: inspection');
  const inspection = await workspace.inspect(baseCommit, headCommit);
  const { maxDiffLines } = briefing.project.settings;
  const pathsOutsidePlan = deps.guards.pathsOutside(files, allowedPathsOf(plan));
  const change = { headCommit, patch, files, inspection, pathsOutsidePlan, maxDiffLines };
  const data = await measureChange(change, scanner, step);
  // The same commit is another measurement under another plan: what lies outside is the plan's to say.
  const key = `measure:${headCommit}:${plan?.digest ?? 'no-plan'}`;
  const { id } = await deps.records.putFact(requestId, run, { kind: 'measure', key, data });
  const stored = await deps.records.getFact(requestId, run, 'measure', id);
  return { factId: id, blocking: hasBlocking((stored?.data ?? data).findings) };
}

type HeldSubject = Briefing['subjects'][number];

function newestPlan({ subjects }: Briefing): HeldSubject | undefined {
  const [newest] = subjects.filter(({ gate }) => gate === 'plan').sort((a, b) => b.revision - a.revision);
  return newest;
}

/** Exact paths. The document was checked when it was made; none, or one that cannot be read, allows nothing. */
function allowedPathsOf(plan: HeldSubject | undefined): readonly string[] {
  if (!plan) return [];
  try {
    const { allowedPaths } = JSON.parse(plan.text) as Partial<PlanSubject>;
    return Array.isArray(allowedPaths) ? allowedPaths.filter((path) => typeof path === 'string') : [];
  } catch {
    return [];
  }
}
