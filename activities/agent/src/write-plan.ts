import type { Plan, Spec } from '@countersign/domain';
import type { AgentActivities, WrittenResult } from '@countersign/workflow-contracts';
import { z } from 'zod';

import type { AgentDeps } from './agent-deps.js';
import { AgentLoop, type LoopEnd } from './agent-loop.js';
import { notingOutage, whileBeating, type AgentRun } from './agent-run.js';
import { threadInput } from './chat/thread-section.js';
import { beginRun, feedbackSections, putWritten, requireFact, transcriptOf, writtenOf } from './drafting.js';
import { refusedForPrice } from './money-limit.js';
import { refusedForNetwork } from './network-limit.js';
import { networkNotes } from './network-notes.js';
import { planDraftSchema, planIssues, type PlanDraft } from './plan-draft.js';
import { riskOf } from './plan-risk.js';
import type { AgentWorkspacePort } from './ports/agent-workspace.port.js';
import type { RunLease } from './ports/journal.port.js';
import type { ChatMessage, TaskSection, ToolCall } from './ports/language-model.port.js';
import { rulesInForce, type RulesInForce } from './project-rules.js';
import { PLAN_PROMPT } from './prompts/plan.prompt.js';
import { ToolRunner } from './tool-runner.js';
import { wordsOn } from './tool-words.js';
import { FILE_TOOLS, type FileTool, type ToolAnswer } from './tools/tool-protocol.js';

const OUTPUT = { name: 'plan', schema: z.toJSONSchema(planDraftSchema, { io: 'input' }) };

type PlanInput = Parameters<AgentActivities['writePlan']>[0];
export type Tools = (call: ToolCall) => Promise<ToolAnswer>;

/** Tools on a commit in a folder that the sandbox can only read. */
export async function withTools<T>(deps: AgentDeps, run: AgentRun, baseCommit: string, work: (tools: Tools) => Promise<T>): Promise<T> {
  const workspace = deps.workspaces({ requestId: run.requestId, bare: run.briefing.project.bare });
  await deps.sandbox.destroy(run.requestId);
  await workspace.prepare();
  const path = await workspace.checkout('plan', baseCommit, { readOnly: true });
  const tracked = (await workspace.list(baseCommit)).map((entry) => ({ path: entry.path, mode: entry.mode }));
  const runner = new ToolRunner(deps, run, { path, readOnly: true, baseCommit });
  try {
    await runner.open();
    return await work(async (call) => {
      const tool = call.name as FileTool;
      const args = tool === 'recipe' ? { ...call.args, dryRun: true } : call.args;
      const answer = FILE_TOOLS.includes(tool) ? await runner.file(tool, args, tracked) : notHere(call.name);
      await deps.log(run.requestId).append(`planning: ${wordsOn(call, answer)}`);
      return answer;
    });
  } finally {
    await runner.stop();
  }
}

function notHere(name: string): ToolAnswer {
  return { ok: false, code: 'TOOL_FAILED', message: `${name} cannot be used while planning` };
}

type Drafting = {
  readonly run: AgentRun;
  readonly lease: RunLease;
  readonly spec: Spec;
  readonly baseCommit: string;
  readonly rules: string;
  readonly feedback: readonly string[];
  readonly thread: readonly TaskSection[];
  readonly onStep: (step: number) => void;
};

async function openingOf(deps: AgentDeps, { run, spec, rules, feedback, thread }: Drafting): Promise<readonly ChatMessage[]> {
  const { request } = run.briefing;
  const sections = [
    { name: 'title' as const, text: request.title },
    { name: 'body' as const, text: request.body },
    { name: 'rules' as const, text: rules },
    { name: 'spec' as const, text: JSON.stringify(spec) },
    ...thread,
    ...(await feedbackSections(deps, run, feedback)),
  ];
  return [{ role: 'instructions', text: PLAN_PROMPT.text }, { role: 'task', sections }];
}

async function draft(deps: AgentDeps, workspace: AgentWorkspacePort, drafting: Drafting): Promise<{ readonly end: LoopEnd; readonly author: string }> {
  const { run, lease, baseCommit, onStep } = drafting;
  const opening = await openingOf(deps, drafting);
  const finished = await deps.journal.steps(run.requestId, run.runKey);
  const model = deps.model('plan', run.briefing.project.settings.models);
  const check = (output: unknown): Promise<readonly string[]> => planIssues(workspace, baseCommit, output);
  const end = await withTools(deps, run, baseCommit, (act) =>
    new AgentLoop(deps, run, model, { stage: 'plan', lease, finished, opening, output: OUTPUT, check, act, settle: async () => baseCommit, onStep }).toEnd(),
  );
  return { end, author: model.id };
}

function completed(plan: PlanDraft, run: AgentRun, author: string, { rules, notes }: RulesInForce): Plan {
  const { setupCommand, testCommand, commands } = run.briefing.project.settings;
  return {
    ...plan,
    notes: [...notes, ...networkNotes(run.briefing.project.settings.egress), ...plan.notes],
    risk: riskOf(plan.steps, commands),
    checks: { setup: setupCommand, test: testCommand },
    commands,
    author,
    rules,
  };
}

/** The same spec, base and feedback answer the same fact. Reads the repository in a sandbox that cannot write it. */
export async function writePlan(deps: AgentDeps, { requestId, specId, baseId, feedback }: PlanInput): Promise<WrittenResult> {
  return whileBeating(deps, async (onStep) => {
    const thread = await threadInput(deps, requestId, feedback);
    const run = await beginRun(deps, requestId, 'plan', { requestId, specId, baseId, feedback: [...feedback], ...thread.inputs });
    return notingOutage(deps, requestId, run.ref, async () => {
      const refused = (await refusedForPrice(deps, run, ['plan', 'execute'])) ?? (await refusedForNetwork(deps, run));
      if (refused) return refused;
      const { spec } = await requireFact(deps, run, 'spec', specId);
      const { baseCommit } = await requireFact(deps, run, 'base', baseId);
      const lease = await deps.journal.acquireLease(requestId, run.runKey);
      const workspace = deps.workspaces({ requestId, bare: run.briefing.project.bare });
      await workspace.prepare();
      const inForce = await rulesInForce(workspace, run.briefing.project.settings.rules, baseCommit);
      const { end, author } = await draft(deps, workspace, { run, lease, spec, baseCommit, rules: inForce.rules, feedback, thread: thread.sections, onStep });
      if (end.kind !== 'output') return writtenOf(deps, run, end);
      const plan = completed(planDraftSchema.parse(end.output), run, author, inForce);
      const written = await putWritten(deps, run, 'plan', { plan, baseCommit, ...transcriptOf(end) });
      await deps.journal.close(lease);
      return written;
    });
  });
}
