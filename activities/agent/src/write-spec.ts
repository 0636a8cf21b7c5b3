import { specSchema } from '@countersign/domain/schema';
import type { AgentActivities, WrittenResult } from '@countersign/workflow-contracts';
import { z } from 'zod';

import type { AgentDeps } from './agent-deps.js';
import { AgentLoop, type LoopInput } from './agent-loop.js';
import { whileBeating } from './agent-run.js';
import { beginRun, feedbackSections, invalidOutput, writtenOf } from './drafting.js';
import { SPEC_PROMPT } from './prompts/spec.prompt.js';

const OUTPUT: NonNullable<LoopInput['output']> = { name: 'spec', schema: z.toJSONSchema(specSchema) };

/** The same request and feedback answer the same fact; the journal spares the model a second call. */
export async function writeSpec(deps: AgentDeps, { requestId, feedback }: Parameters<AgentActivities['writeSpec']>[0]): Promise<WrittenResult> {
  return whileBeating(deps, async (onStep) => {
    const run = await beginRun(deps, requestId, 'spec', { requestId, feedback: [...feedback] });
    const { journal, records } = deps;
    const { request, project } = run.briefing;
    const lease = await journal.acquireLease(requestId, run.runKey);
    const sections = [
      { name: 'title' as const, text: request.title },
      { name: 'body' as const, text: request.body },
      { name: 'rules' as const, text: project.settings.rules },
      ...(await feedbackSections(deps, run, feedback)),
    ];
    const model = deps.model('spec', run.briefing.project.settings.models);
    const end = await new AgentLoop(deps, run, model, {
      stage: 'spec',
      lease,
      finished: await journal.steps(requestId, run.runKey),
      opening: [{ role: 'instructions', text: SPEC_PROMPT }, { role: 'task', sections }],
      output: OUTPUT,
      act: async ({ name }) => ({ ok: false, code: 'TOOL_FAILED', message: `${name} cannot be used while specifying` }),
      settle: async () => '',
      onStep,
    }).toEnd();

    if (end.kind !== 'output') return writtenOf(deps, run, end);
    const spec = specSchema.safeParse(end.output);
    if (!spec.success) return writtenOf(deps, run, invalidOutput('spec', spec.error.issues));
    const { id } = await records.putFact(requestId, run.ref, { kind: 'spec', key: run.runKey, data: { spec: spec.data, author: model.id } });
    await journal.close(lease);
    return { kind: 'written', factId: id };
  });
}
