import { NO_USAGE, type ApprovalLost } from '@countersign/domain';
import type { SandboxCache } from '@countersign/sandbox';
import type { AgentActivities, ExecuteResult } from '@countersign/workflow-contracts';

import type { AgentDeps } from './agent-deps.js';
import { AgentLoop, type LoopEnd } from './agent-loop.js';
import { notingOutage, whileBeating, type AgentRun } from './agent-run.js';
import { writeResult } from './change-result.js';
import { feedbackSections, putCannot, transcriptOf } from './drafting.js';
import { CHECKOUT, ExecutionTools } from './execution-tools.js';
import { heldPlan, readPlan, type ApprovedPlan, type HeldPlan } from './plan-subject.js';
import type { AgentWorkspacePort } from './ports/agent-workspace.port.js';
import type { RunLease, StepRecord } from './ports/journal.port.js';
import type { TaskSection } from './ports/language-model.port.js';
import { EXECUTE_PROMPT } from './prompts/execute.prompt.js';
import { ToolRunner } from './tool-runner.js';

type ExecuteInput = Parameters<AgentActivities['execute']>[0];

type Execution = {
  readonly run: AgentRun;
  readonly plan: ApprovedPlan;
  readonly attempt: number;
  readonly workspace: AgentWorkspacePort;
  readonly lease: RunLease;
  /** Step 0 names the commit the run started from. */
  readonly finished: readonly [StepRecord, ...StepRecord[]];
  readonly feedback: readonly string[];
  readonly onStep: (step: number) => void;
};

function runKeyOf(attempt: number, held: HeldPlan): string {
  return `execute/${attempt}/${held.digest.slice(0, 16)}`;
}

/**
 * A further attempt goes on from the result of the earlier one, if that was made from this very plan:
 * a result of another revision holds changes that nobody approved here.
 */
async function startCommit(deps: AgentDeps, run: AgentRun, plan: ApprovedPlan, held: HeldPlan): Promise<string> {
  const earlier = await deps.records.latestFact(run.requestId, run.ref, 'execution');
  if (!earlier || earlier.data.baseCommit !== plan.baseCommit) return plan.baseCommit;
  const known = await deps.journal.steps(run.requestId, runKeyOf(earlier.data.attempt, held));
  return known.length > 0 ? earlier.data.headCommit : plan.baseCommit;
}

async function begunSteps(deps: AgentDeps, run: AgentRun, lease: RunLease, start: () => Promise<string>): Promise<Execution['finished']> {
  const [first, ...more] = await deps.journal.steps(run.requestId, run.runKey);
  if (first) return [first, ...more];
  const record: StepRecord = { step: 0, toolResults: [], snapshotCommit: await start(), usage: NO_USAGE };
  await deps.journal.recordStep(lease, record);
  return [record];
}

/** Spares the agent an installation. Without it the work goes on as well. */
async function placeInstalled(deps: AgentDeps, { requestId, briefing, signal }: AgentRun, at: { readonly base: string; readonly commit: string }): Promise<SandboxCache | undefined> {
  const onProgress = (sentence: string): void => void deps.log(requestId).append(sentence);
  return deps.installed({ requestId, project: briefing.project, folder: CHECKOUT, ...at, onProgress, signal }).catch(() => {
    signal.throwIfAborted();
    return undefined;
  });
}

/** Brings the folder to the last recorded step, with no process of an earlier attempt left to change it. */
async function openTools(deps: AgentDeps, { run, plan, workspace, finished }: Execution): Promise<ToolRunner> {
  const last = finished.at(-1) ?? finished[0];
  if (last.step > 0) await deps.log(run.requestId).append(`going on after step ${last.step}`);
  await deps.sandbox.destroy(run.requestId);
  await workspace.prepare();
  const path = await workspace.checkout(CHECKOUT, last.snapshotCommit);
  const cache = await placeInstalled(deps, run, { base: plan.baseCommit, commit: last.snapshotCommit });
  const runner = new ToolRunner(deps, run, { path, readOnly: false, baseCommit: plan.baseCommit, ...(cache && { cache }) });
  await runner.open();
  return runner;
}

function sectionsOf({ plan, finished }: Execution, feedback: readonly TaskSection[]): readonly TaskSection[] {
  const { rules, ...steps } = plan.plan;
  const start = finished[0].snapshotCommit === plan.baseCommit ? 'base' : 'previous';
  return [
    // What the project's rules have become since is in nothing that anybody approved.
    { name: 'rules', text: rules },
    { name: 'spec', text: JSON.stringify(plan.spec) },
    { name: 'plan', text: JSON.stringify(steps) },
    { name: 'start', text: start },
    ...feedback,
  ];
}

async function runSteps(deps: AgentDeps, execution: Execution): Promise<LoopEnd> {
  const { run, plan, workspace, lease, finished, feedback, onStep } = execution;
  const sections = sectionsOf(execution, await feedbackSections(deps, run, feedback));
  const runner = await openTools(deps, execution);
  try {
    const tools = new ExecutionTools(deps, run, { plan, workspace, runner, from: finished.at(-1)?.snapshotCommit ?? plan.baseCommit });
    return await new AgentLoop(deps, run, deps.model('execute', run.briefing.project.settings.models), {
      stage: 'execute',
      lease,
      finished,
      opening: [{ role: 'instructions', text: EXECUTE_PROMPT.text }, { role: 'task', sections }],
      act: (call, step) => tools.act(call, step),
      settle: (step) => tools.settle(step),
      onStep,
    }).toEnd();
  } finally {
    await runner.stop();
  }
}

async function resultOf(deps: AgentDeps, execution: Execution, end: LoopEnd): Promise<ExecuteResult> {
  const { run, lease } = execution;
  switch (end.kind) {
    case 'budget':
      return { kind: 'budget', exceeded: end.exceeded };
    case 'cannot': {
      const { code, message, understood } = end;
      const factId = await putCannot(deps, run, { code, message, understood, ...transcriptOf(end) });
      await deps.journal.close(lease);
      return { kind: 'cannot', code, factId };
    }
    case 'output':
    case 'invalid': {
      const code = 'MODEL_OUTPUT_INVALID';
      const message = end.kind === 'invalid' ? end.message : 'The model ended with an output nobody asked for';
      const factId = await putCannot(deps, run, { code, message, understood: [], ...transcriptOf(end) });
      await deps.journal.close(lease);
      return { kind: 'failed', code, factId };
    }
    case 'finished': {
      const result = await writeResult(deps, { ...execution, ...transcriptOf(end) });
      await deps.journal.close(lease);
      return result;
    }
  }
}

/**
 * Executes exactly the plan document whose digest the lock accepts. A second call goes on after the last
 * finished step and answers the same fact. Cancellation stops the sandbox and keeps the journal.
 */
export async function executePlan(deps: AgentDeps, input: ExecuteInput): Promise<ExecuteResult | ApprovalLost> {
  const { requestId, attempt, feedback } = input;
  return whileBeating(deps, async (onStep) => {
    const ref = deps.run();
    const signal = deps.signal();
    const briefing = await deps.records.briefing(requestId, ref);
    const held = heldPlan(briefing);
    const evidence = await deps.evidence.read(requestId, ref);
    const lost = deps.guards.checkEffect('agent.execute', evidence, { digest: held?.digest ?? '' });
    if (lost || !held) return lost ?? { approvalLost: 'plan', code: 'GATE_NOT_PASSED' };

    const plan = readPlan(held, requestId);
    const run: AgentRun = { requestId, ref, signal, briefing, runKey: runKeyOf(attempt, held) };
    const lease = await deps.journal.acquireLease(requestId, run.runKey);
    const finished = await begunSteps(deps, run, lease, () => startCommit(deps, run, plan, held));
    const workspace = deps.workspaces({ requestId, bare: briefing.project.bare });
    const execution: Execution = { run, plan, attempt, workspace, lease, finished, feedback, onStep };
    const end = await notingOutage(deps, requestId, ref, () => runSteps(deps, execution));
    return resultOf(deps, execution, end);
  });
}
