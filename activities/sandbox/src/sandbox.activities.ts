import { AppError, type CheckResult, type Facts } from '@countersign/domain';
import type { Briefing, CheckActivityResult, RunRef, SandboxActivities } from '@countersign/workflow-contracts';

import { baseChecksKey, checksKey, commandsOf, type CheckCommands } from './checks/check-commands.js';
import type { SandboxDeps } from './checks/check-deps.js';
import { isFixable, judgedAgainst, resultsOf, verdictOf } from './checks/check-verdict.js';
import { whileBeating } from './checks/beating.js';
import { checkImage } from './checks/check-image.js';
import { FactMemo } from './checks/fact-memo.js';
import { notingOutage } from './checks/outage.js';
import { runChecks } from './checks/run-checks.js';

type CheckInput = Parameters<SandboxActivities['check']>[0];
type ChecksFact = Facts['checks'];
type Target = { readonly commit: string; readonly base: string };
type CheckRun = { readonly requestId: string; readonly ref: RunRef; readonly briefing: Briefing; readonly commands: CheckCommands };

/** Checks run in the sandbox or not at all; cancellation ends them and leaves no process. */
export function sandboxActivities(deps: SandboxDeps): SandboxActivities {
  const memo = new FactMemo(deps.records);
  return {
    /** A second call answers the fact stored first, whatever it measures itself. */
    check: (input) => check(deps, memo, input),
    /** A second call finds nothing left. Where no engine answers it throws, after the workspace is gone. */
    destroy: async ({ requestId }) => {
      await whileBeating(deps, 'destroy', () => removeAll(deps, requestId));
    },
    /** A second call finds less. One that cannot be removed does not stop the others. */
    reap: () => whileBeating(deps, 'reap', () => reap(deps)),
  };
}

async function check(deps: SandboxDeps, memo: FactMemo, input: CheckInput): Promise<CheckActivityResult> {
  const { requestId } = input;
  const ref = deps.run();
  const briefing = await deps.records.briefing(requestId, ref);
  const { project } = briefing;
  const target = await targetOf(deps, ref, input);
  return notingOutage(deps, requestId, ref, async () => {
    const image = await checkImage(deps, { requestId, ref, project, base: target.base });
    const run: CheckRun = { requestId, ref, briefing, commands: commandsOf(project.settings, image) };
    const fact = await memo.once(requestId, ref, checksKey(target.commit, target.base, run.commands), async () => {
      const base = run.commands.test === null ? [] : await baseResults(deps, memo, run, target.base);
      return measure(deps, run, target, 'check', base);
    });
    return { factId: fact.id, verdict: fact.data.verdict, fixable: isFixable(fact.data.results) };
  });
}

/** What the tests did before the change: once per base commit, in the same image. */
async function baseResults(deps: SandboxDeps, memo: FactMemo, run: CheckRun, base: string): Promise<readonly CheckResult[]> {
  const key = baseChecksKey(base, run.commands);
  const fact = await memo.once(run.requestId, run.ref, key, () => measure(deps, run, { commit: base, base }, 'check-base', []));
  return fact.data.results;
}

async function measure(deps: SandboxDeps, run: CheckRun, { commit, base }: Target, folder: string, before: readonly CheckResult[]): Promise<ChecksFact> {
  const { requestId, briefing, commands } = run;
  const outcomes = await runChecks(deps, { requestId, project: briefing.project, bare: briefing.project.bare, commit, base, folder }, commands);
  const results = judgedAgainst(before, resultsOf(outcomes));
  return { commit, verdict: verdictOf(results), results };
}

/** The result of an execution on its base, or a prepared merge on the tip it merges into. */
async function targetOf(deps: SandboxDeps, ref: RunRef, { requestId, executionId, mergePrepId }: CheckInput): Promise<Target> {
  if (mergePrepId !== undefined) {
    const prepared = await deps.records.getFact(requestId, ref, 'mergePrep', mergePrepId);
    if (!prepared) throw new AppError('NOT_FOUND', `The request has no prepared merge ${mergePrepId}`);
    return { commit: prepared.data.mergedTree, base: prepared.data.targetTip };
  }
  const execution = await deps.records.getFact(requestId, ref, 'execution', executionId);
  if (!execution) throw new AppError('NOT_FOUND', `The request has no execution ${executionId}`);
  return { commit: execution.data.headCommit, base: execution.data.baseCommit };
}

async function removeAll(deps: SandboxDeps, requestId: string): Promise<{ readonly containers: number; readonly workspaces: number }> {
  const containers = await deps.sandbox.destroy(requestId).catch((error: unknown) => error);
  const workspaces = (await deps.workspaces.destroy(requestId)) ? 1 : 0;
  if (typeof containers !== 'number') throw containers;
  return { containers, workspaces };
}

async function reap(deps: SandboxDeps): Promise<{ readonly containers: number; readonly workspaces: number }> {
  const [sandboxes, folders] = await Promise.allSettled([deps.sandbox.list(), deps.workspaces.list()]);
  const failures = [sandboxes, folders].flatMap((listed) => (listed.status === 'rejected' ? [listed.reason as unknown] : []));
  const ids = new Set([
    ...(sandboxes.status === 'fulfilled' ? sandboxes.value.map(({ requestId }) => requestId) : []),
    ...(folders.status === 'fulfilled' ? folders.value : []),
  ]);
  const total = { containers: 0, workspaces: 0 };
  for (const requestId of ids) {
    deps.heartbeat({ step: `reap: ${requestId}` });
    try {
      if (!(await deps.records.isOver(requestId))) continue;
      const removed = await removeAll(deps, requestId);
      total.containers += removed.containers;
      total.workspaces += removed.workspaces;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return total;
}
