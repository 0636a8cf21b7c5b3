import { exceededBudget, type BudgetKind, type BudgetLimits, type BudgetUsage, type ModelStage } from '@countersign/domain';

import type { AgentDeps } from './agent-deps.js';
import type { AgentRun } from './agent-run.js';
import type { RunLease, StepRecord } from './ports/journal.port.js';
import type { ChatMessage, ChatRequest, LanguageModelPort, ModelAnswer, ToolCall, ToolResult } from './ports/language-model.port.js';
import { TOOL_ARGS, isOffered, toolsOf, type CannotCode } from './tool-declarations.js';

export type LoopEnd =
  | { readonly kind: 'finished' }
  | { readonly kind: 'output'; readonly output: unknown }
  | { readonly kind: 'cannot'; readonly code: CannotCode; readonly message: string; readonly understood: readonly string[] }
  | { readonly kind: 'budget'; readonly exceeded: BudgetKind }
  | { readonly kind: 'invalid'; readonly message: string };

export type LoopInput = {
  readonly stage: ModelStage;
  readonly lease: RunLease;
  /** Steps that the journal holds, step 0 included where the run has one. */
  readonly finished: readonly StepRecord[];
  readonly opening: readonly ChatMessage[];
  readonly output?: NonNullable<ChatRequest['output']>;
  /** Does what a call of an offered tool asks; a refusal is an answer. */
  readonly act: (call: ToolCall, step: number) => Promise<ToolResult['answer']>;
  /** After the calls of a step: the commit that holds what they left. */
  readonly settle: (step: number) => Promise<string>;
  readonly onStep: (step: number) => void;
};

/** Attempts are counted, and refused, before one begins: inside the last one they are all used up. */
function exceeded(limits: BudgetLimits, usage: BudgetUsage): BudgetKind | undefined {
  return exceededBudget(limits, { ...usage, attempts: 0 });
}

function usageOf(answer: ModelAnswer, wallClockMs: number): BudgetUsage {
  const { inputTokens, outputTokens, costMicros } = answer.usage;
  return { tokens: inputTokens + outputTokens, costMicros, wallClockMs: Math.max(0, Math.round(wallClockMs)), attempts: 0 };
}

function cannotOf(call: ToolCall): LoopEnd {
  const args = TOOL_ARGS.cannot.safeParse(call.args);
  if (!args.success) return { kind: 'invalid', message: 'The model said that it cannot, but not why' };
  const { code = 'MODEL_CANNOT', message, understood = [] } = args.data;
  return { kind: 'cannot', code, message, understood };
}

/** How the answer ends the run, if it does: before its calls are made, or after them. */
function endOf(answer: ModelAnswer): { readonly end: LoopEnd; readonly after: boolean } | undefined {
  const cannot = answer.toolCalls.find((call) => call.name === 'cannot');
  if (cannot) return { end: cannotOf(cannot), after: false };
  const isFinish = (call: ToolCall): boolean => call.name === 'finish';
  if (answer.toolCalls.some(isFinish)) return { end: { kind: 'finished' }, after: !answer.toolCalls.every(isFinish) };
  if (answer.toolCalls.length > 0) return undefined;
  if (answer.output !== null && answer.output !== undefined) return { end: { kind: 'output', output: answer.output }, after: false };
  return { end: { kind: 'invalid', message: 'The model answered neither with a tool call nor with the output asked for' }, after: false };
}

/**
 * The loop of model and tools over the journal. A finished step is never made again; a call whose answer
 * the journal holds is not repeated; a budget is checked before each call that is made.
 */
export class AgentLoop {
  private readonly messages: ChatMessage[];
  private used: BudgetUsage;

  constructor(
    private readonly deps: AgentDeps,
    private readonly run: AgentRun,
    private readonly model: LanguageModelPort,
    private readonly input: LoopInput,
  ) {
    this.messages = [...input.opening];
    this.used = run.briefing.usage;
  }

  async toEnd(): Promise<LoopEnd> {
    const { maxSteps } = this.deps.limits;
    for (let step = 1; step <= maxSteps; step += 1) {
      const end = await this.step(step);
      if (end) return end;
    }
    return { kind: 'invalid', message: `The model did not come to an end within ${maxSteps} steps` };
  }

  private async step(step: number): Promise<LoopEnd | undefined> {
    this.run.signal.throwIfAborted();
    this.input.onStep(step);
    const { journal, now } = this.deps;
    const { requestId, runKey } = this.run;
    const begun = now();
    const known = await journal.answer(requestId, runKey, step);
    const stop = known ? undefined : exceeded(this.run.briefing.limits, this.used);
    if (stop) return { kind: 'budget', exceeded: stop };

    const answer = known ?? (await this.ask(step));
    this.messages.push({ role: 'assistant', text: answer.text, toolCalls: answer.toolCalls });
    const ending = endOf(answer);
    if (ending && !ending.after) {
      await this.count(step, usageOf(answer, now() - begun));
      return ending.end;
    }
    await this.make(step, answer, begun);
    return ending?.end;
  }

  private async ask(step: number): Promise<ModelAnswer> {
    const { stage, output, lease } = this.input;
    const request: ChatRequest = { stage, messages: [...this.messages], tools: toolsOf(stage), signal: this.run.signal, ...(output && { output }) };
    const answer = await this.model.chat(request);
    await this.deps.journal.recordAnswer(lease, step, answer);
    return answer;
  }

  /** Makes the calls of a step, or takes what the journal holds of them. */
  private async make(step: number, answer: ModelAnswer, begun: number): Promise<void> {
    const { finished, lease } = this.input;
    const earlier = finished.find((record) => record.step === step);
    const record = earlier ?? { step, ...(await this.call(step, answer)), usage: usageOf(answer, this.deps.now() - begun) };
    if (!earlier) await this.deps.journal.recordStep(lease, record);
    this.messages.push({ role: 'tools', results: record.toolResults });
    // The worker may have died between journal and budget; the same key counts once.
    if (!earlier || step === finished.at(-1)?.step) await this.count(step, record.usage);
  }

  private async call(step: number, answer: ModelAnswer): Promise<Pick<StepRecord, 'toolResults' | 'snapshotCommit'>> {
    const toolResults: ToolResult[] = [];
    for (const call of answer.toolCalls) {
      if (call.name === 'finish') continue;
      this.run.signal.throwIfAborted();
      toolResults.push({ callId: call.id, name: call.name, answer: await this.answerCall(call, step) });
    }
    return { toolResults, snapshotCommit: await this.input.settle(step) };
  }

  private async answerCall(call: ToolCall, step: number): Promise<ToolResult['answer']> {
    const { stage, act } = this.input;
    if (!isOffered(stage, call.name)) return { ok: false, code: 'TOOL_FAILED', message: `There is no tool ${JSON.stringify(call.name)} here` };
    const args = TOOL_ARGS[call.name].safeParse(call.args);
    if (!args.success) return { ok: false, code: 'INVALID_INPUT', message: `Arguments of ${call.name}: ${args.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}` };
    return act({ ...call, args: args.data }, step);
  }

  private async count(step: number, usage: BudgetUsage): Promise<void> {
    const { requestId, ref, runKey } = this.run;
    this.used = await this.deps.records.addUsage(requestId, ref, `${runKey}/${step}`, usage);
  }
}
