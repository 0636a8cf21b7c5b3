import type { Plan, Spec } from '@countersign/domain';
import { planSchema } from '@countersign/domain/schema';
import type { AgentActivities, WrittenResult } from '@countersign/workflow-contracts';
import { z } from 'zod';

import type { AgentDeps } from './agent-deps.js';
import { AgentLoop, type LoopEnd } from './agent-loop.js';
import { notingOutage, whileBeating, type AgentRun } from './agent-run.js';
import { beginRun, feedbackSections, invalidOutput, requireFact, writtenOf } from './drafting.js';
import { riskOf } from './plan-risk.js';
import type { ChatMessage, ToolCall, ToolResult } from './ports/language-model.port.js';
import { PLAN_PROMPT } from './prompts/plan.prompt.js';
import { ToolRunner } from './tool-runner.js';
import { wordsOn } from './tool-words.js';
import { FILE_TOOLS, type FileTool } from './tools/tool-protocol.js';

/** What a model writes; risk, checks, commands and author are ours to say. */
const draftSchema = planSchema.pick({ summary: true, steps: true, notes: true });
const OUTPUT = { name: 'plan', schema: z.toJSONSchema(draftSchema) };

type PlanInput = Parameters<AgentActivities['writePlan']>[0];
type Tools = (call: ToolCall) => Promise<ToolResult['answer']>;

/** The base commit in a folder that the sandbox can only read. */
async function withTools(deps: AgentDeps, run: AgentRun, baseCommit: string, work: (tools: Tools) => Promise<LoopEnd>): Promise<LoopEnd> {
  const workspace = deps.workspaces({ requestId: run.requestId, bare: run.briefing.project.bare });
  await deps.sandbox.destroy(run.requestId);
  await workspace.prepare();
  const path = await workspace.checkout('plan', baseCommit);
  const tracked = (await workspace.list(baseCommit)).map((entry) => ({ path: entry.path, mode: entry.mode }));
  const runner = new ToolRunner(deps, run, { path, readOnly: true });
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

function notHere(name: string): ToolResult['answer'] {
  return { ok: false, code: 'TOOL_FAILED', message: `${name} cannot be used while planning` };
}

async function openingOf(deps: AgentDeps, run: AgentRun, spec: Spec, feedback: readonly string[]): Promise<readonly ChatMessage[]> {
  const { request, project } = run.briefing;
  const sections = [
    { name: 'title' as const, text: request.title },
    { name: 'body' as const, text: request.body },
    { name: 'rules' as const, text: project.settings.rules },
    { name: 'spec' as const, text: JSON.stringify(spec) },
    ...(await feedbackSections(deps, run, feedback)),
  ];
  return [{ role: 'instructions', text: PLAN_PROMPT }, { role: 'task', sections }];
}

function completed(draft: z.infer<typeof draftSchema>, run: AgentRun, author: string): Plan {
  const { setupCommand, testCommand, commands } = run.briefing.project.settings;
  return {
    ...draft,
    risk: riskOf(draft.steps, commands),
    checks: { setup: setupCommand, test: testCommand },
    commands,
    author,
  };
}

/** The same spec, base and feedback answer the same fact. Reads the repository in a sandbox that cannot write it. */
export async function writePlan(deps: AgentDeps, { requestId, specId, baseId, feedback }: PlanInput): Promise<WrittenResult> {
  return whileBeating(deps, async (onStep) => {
    const run = await beginRun(deps, requestId, 'plan', { requestId, specId, baseId, feedback: [...feedback] });
    const { journal, records } = deps;
    const { spec } = await requireFact(deps, run, 'spec', specId);
    const { baseCommit } = await requireFact(deps, run, 'base', baseId);
    const lease = await journal.acquireLease(requestId, run.runKey);
    const opening = await openingOf(deps, run, spec, feedback);
    const finished = await journal.steps(requestId, run.runKey);
    const model = deps.model('plan', run.briefing.project.settings.models);
    const end = await notingOutage(deps, requestId, run.ref, () =>
      withTools(deps, run, baseCommit, (act) =>
        new AgentLoop(deps, run, model, { stage: 'plan', lease, finished, opening, output: OUTPUT, act, settle: async () => baseCommit, onStep }).toEnd(),
      ),
    );

    if (end.kind !== 'output') return writtenOf(deps, run, end);
    const draft = draftSchema.safeParse(end.output);
    if (!draft.success) return writtenOf(deps, run, invalidOutput('plan', draft.error.issues));
    const plan = completed(draft.data, run, model.id);
    const { id } = await records.putFact(requestId, run.ref, { kind: 'plan', key: run.runKey, data: { plan, baseCommit } });
    await journal.close(lease);
    return { kind: 'written', factId: id };
  });
}
