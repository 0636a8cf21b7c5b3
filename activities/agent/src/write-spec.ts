import { specSchema } from '@countersign/domain/schema';
import type { AgentActivities, WrittenResult } from '@countersign/workflow-contracts';
import { z } from 'zod';

import type { AgentDeps } from './agent-deps.js';
import { AgentLoop, type LoopEnd, type LoopInput } from './agent-loop.js';
import { notingOutage, whileBeating, type AgentRun } from './agent-run.js';
import { threadInput } from './chat/thread-section.js';
import { beginRun, feedbackSections, putWritten, schemaIssues, transcriptOf, writtenOf } from './drafting.js';
import { refusedForPrice } from './money-limit.js';
import type { RunLease } from './ports/journal.port.js';
import type { TaskSection } from './ports/language-model.port.js';
import { SPEC_PROMPT } from './prompts/spec.prompt.js';

const OUTPUT: NonNullable<LoopInput['output']> = { name: 'spec', schema: z.toJSONSchema(specSchema) };

type SpecInput = Parameters<AgentActivities['writeSpec']>[0];
type Drafting = { readonly run: AgentRun; readonly lease: RunLease; readonly feedback: readonly string[]; readonly thread: readonly TaskSection[]; readonly onStep: (step: number) => void };

async function draft(deps: AgentDeps, { run, lease, feedback, thread, onStep }: Drafting): Promise<{ readonly end: LoopEnd; readonly author: string }> {
  const { request, project } = run.briefing;
  const sections = [
    { name: 'title' as const, text: request.title },
    { name: 'body' as const, text: request.body },
    { name: 'rules' as const, text: project.settings.rules },
    ...thread,
    ...(await feedbackSections(deps, run, feedback)),
  ];
  const model = deps.model('spec', project.settings.models);
  const end = await new AgentLoop(deps, run, model, {
    stage: 'spec',
    lease,
    finished: await deps.journal.steps(run.requestId, run.runKey),
    opening: [{ role: 'instructions', text: SPEC_PROMPT.text }, { role: 'task', sections }],
    output: OUTPUT,
    check: (output) => schemaIssues(specSchema, output),
    act: async ({ name }) => ({ ok: false, code: 'TOOL_FAILED', message: `${name} cannot be used while specifying` }),
    settle: async () => '',
    onStep,
  }).toEnd();
  return { end, author: model.id };
}

/** The same request and feedback answer the same fact; the journal spares the model a second call. */
export async function writeSpec(deps: AgentDeps, { requestId, feedback }: SpecInput): Promise<WrittenResult> {
  return whileBeating(deps, async (onStep) => {
    const thread = await threadInput(deps, requestId, feedback);
    const run = await beginRun(deps, requestId, 'spec', { requestId, feedback: [...feedback], ...thread.inputs });
    return notingOutage(deps, requestId, run.ref, async () => {
      const refused = await refusedForPrice(deps, run, ['spec']);
      if (refused) return refused;
      const lease = await deps.journal.acquireLease(requestId, run.runKey);
      const { end, author } = await draft(deps, { run, lease, feedback, thread: thread.sections, onStep });
      if (end.kind !== 'output') return writtenOf(deps, run, end);
      const written = await putWritten(deps, run, 'spec', { spec: specSchema.parse(end.output), author, ...transcriptOf(end) });
      await deps.journal.close(lease);
      return written;
    });
  });
}
