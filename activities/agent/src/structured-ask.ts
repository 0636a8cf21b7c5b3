import type { BudgetKind, ModelStage } from '@countersign/domain';
import { z } from 'zod';

import type { AgentDeps } from './agent-deps.js';
import { AgentLoop, type LoopEnd } from './agent-loop.js';
import type { AgentRun } from './agent-run.js';
import type { CommitTools } from './commit-tools.js';
import type { ChatMessage, LanguageModelPort } from './ports/language-model.port.js';

export type Asked<Output> =
  | { readonly kind: 'answered'; readonly output: Output }
  /** For good: the sentence says why, for people. */
  | { readonly kind: 'failed'; readonly message: string };

export type StructuredAsk<Output> = {
  readonly stage: ModelStage;
  readonly model: LanguageModelPort;
  /** What the output is called; undefined where plain words are asked for. */
  readonly name?: string;
  readonly schema: z.ZodType<Output>;
  readonly opening: readonly ChatMessage[];
  readonly tools: CommitTools | undefined;
  /** The commit that the tools read; nothing is changed, so it stays the run's snapshot. */
  readonly commit: string;
  readonly onStep: (step: number) => void;
};

const MAX_ISSUES = 10;
const BUDGET_WORDS: Readonly<Record<BudgetKind, string>> = { tokens: 'tokens', costMicros: 'money', wallClockMs: 'time', attempts: 'attempts' };

/**
 * One question to a model that reads and changes nothing, journalled under the run's key.
 *
 * @throws AppError where trying again may help, or where it is no failure of the model.
 */
export async function ask<Output>(deps: AgentDeps, run: AgentRun, asked: StructuredAsk<Output>): Promise<Asked<Output>> {
  const { stage, model, name, schema, opening, tools, commit, onStep } = asked;
  const { journal } = deps;
  const lease = await journal.acquireLease(run.requestId, run.runKey);
  const end = await new AgentLoop(deps, run, model, {
    stage,
    lease,
    opening,
    finished: await journal.steps(run.requestId, run.runKey),
    ...(name !== undefined && { output: { name, schema: z.toJSONSchema(schema) } }),
    check: (output) => issuesOf(schema, output),
    act: async (call) => (tools ? tools.call(call) : { ok: false, code: 'TOOL_FAILED', message: 'There is no repository to read yet' }),
    settle: async () => commit,
    onStep,
  }).toEnd();
  await journal.close(lease);
  return end.kind === 'output' ? { kind: 'answered', output: schema.parse(end.output) } : { kind: 'failed', message: sentenceOf(end) };
}

/** Says where an output breaks its schema, without repeating the output. */
function issuesOf(schema: z.ZodType, output: unknown): readonly string[] {
  const parsed = schema.safeParse(output);
  return parsed.success ? [] : parsed.error.issues.slice(0, MAX_ISSUES).map(({ path, message }) => `${path.map(String).join('.')} ${message}`.trim());
}

function sentenceOf(end: Exclude<LoopEnd, { kind: 'output' }>): string {
  switch (end.kind) {
    case 'budget':
      return `budget used up (${BUDGET_WORDS[end.exceeded]})`;
    case 'cannot':
    case 'invalid':
      return end.message;
    case 'finished':
      return 'The model ended without the answer asked for';
  }
}
