import { AppError, budgetPassedBy, type BudgetUsage, type ModelStage } from '@countersign/domain';

import type { AgentDeps } from './agent-deps.js';
import type { AgentRun } from './agent-run.js';
import { isFull, keptMessages, withSummary } from './compaction.js';
import { KeptOutputs } from './kept-outputs.js';
import { turnOf, type LoopEnd } from './loop-end.js';
import { ModelCaller } from './model-caller.js';
import { MODEL_ENDINGS } from './model-errors.js';
import type { JournalAnswer, RunLease, StepRecord } from './ports/journal.port.js';
import type { ChatMessage, ChatRequest, LanguageModelPort, ModelAnswer, ToolCall, ToolResult } from './ports/language-model.port.js';
import { NO_CALL, NO_OUTPUT, invalidOutput, unreadable, type Problem } from './prompts/repair.prompt.js';
import { TokenEstimate } from './token-estimate.js';
import { isOffered, readArgs, toolsOf } from './tool-declarations.js';
import { budgetWords, oneLine } from './tool-words.js';
import type { ToolAnswer } from './tools/tool-protocol.js';
import { Transcript, putTranscript } from './transcript.js';

export type { LoopEnd } from './loop-end.js';

export type LoopInput = {
  readonly stage: ModelStage;
  readonly lease: RunLease;
  /** Steps that the journal holds, step 0 included where the run has one. */
  readonly finished: readonly StepRecord[];
  readonly opening: readonly ChatMessage[];
  readonly output?: NonNullable<ChatRequest['output']>;
  /** What of an output does not fit; none where it does. The same output and base always have the same issues. */
  readonly check?: (output: unknown) => Promise<readonly string[]> | readonly string[];
  /** Does what a call of an offered tool asks; a refusal is an answer. */
  readonly act: (call: ToolCall, step: number) => Promise<ToolAnswer>;
  /** After the calls of a step: the commit that holds what they left. */
  readonly settle: (step: number) => Promise<string>;
  readonly onStep: (step: number) => void;
};

/** An output that does not fit is asked for again this often. */
const MAX_REPAIRS = 2;

function usageOf({ usage }: ModelAnswer, wallClockMs: number): BudgetUsage {
  const { inputTokens, outputTokens, cachedInputTokens, costMicros } = usage;
  const cached = cachedInputTokens > 0 ? { cachedTokens: cachedInputTokens } : {};
  return { tokens: inputTokens + outputTokens, costMicros, wallClockMs: Math.max(0, Math.round(wallClockMs)), attempts: 0, ...cached };
}

/** Providers take no message without content. */
function saidIn({ text, toolCalls, output }: ModelAnswer): string {
  if (text !== '' || toolCalls.length > 0) return text;
  return output === null || output === undefined ? '(no answer)' : JSON.stringify(output);
}

/**
 * The loop of model and tools over the journal. A finished step is never made again; a call whose answer
 * the journal holds is not repeated, and neither is what was decided before it: a summary or a repair is a
 * step of its own. A budget is checked before each call that is made.
 */
export class AgentLoop {
  private messages: readonly ChatMessage[];
  private used: BudgetUsage;
  private repairs = 0;
  private hasJustCompacted = false;
  private lastCommit: string;
  private readonly estimate = new TokenEstimate();
  private readonly transcript: Transcript;
  private readonly outputs: KeptOutputs;
  private readonly caller: ModelCaller;

  constructor(
    private readonly deps: AgentDeps,
    private readonly run: AgentRun,
    private readonly model: LanguageModelPort,
    private readonly input: LoopInput,
  ) {
    this.messages = input.opening;
    this.used = run.briefing.usage;
    this.lastCommit = input.finished.find(({ step }) => step === 0)?.snapshotCommit ?? '';
    this.transcript = new Transcript(input.opening);
    this.outputs = new KeptOutputs(deps.journal, run, input.lease, model.facts.contextTokens);
    this.caller = new ModelCaller(deps, run, model, input.lease);
  }

  async toEnd(): Promise<LoopEnd> {
    const end = await this.steps();
    if (end.kind === 'budget') return end;
    this.transcript.ended(end);
    return { ...end, transcript: await putTranscript(this.deps, this.run, this.transcript) };
  }

  private async steps(): Promise<LoopEnd> {
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
    const begun = now();
    const known = await journal.answer(this.run.requestId, this.run.runKey, step);
    if (known) return this.take(step, known, begun);
    const request = this.request();
    const kept = isFull(this.estimate.input(request), this.model.facts) ? this.kept(false) : undefined;
    if (kept !== undefined) return this.compact(step, kept, begun);
    const stop = await this.beyondBudget(this.estimate, request);
    if (stop) return stop;
    let answer: JournalAnswer;
    try {
      answer = await this.caller.ask(step, request);
    } catch (error) {
      return this.afterFailure(step, error, begun);
    }
    return this.take(step, answer, begun);
  }

  /** Stops before a call whose messages, and an answer as long as the longest so far, would pass a limit. */
  private async beyondBudget(estimate: TokenEstimate, request: ChatRequest): Promise<LoopEnd | undefined> {
    const next = estimate.next(this.model, request);
    // Attempts are counted, and refused, before one begins: inside the last one they are all used up.
    const exceeded = budgetPassedBy(this.run.briefing.limits, { ...this.used, attempts: 0 }, next);
    if (!exceeded) return undefined;
    await this.deps.log(this.run.requestId).append(budgetWords(exceeded, this.run.briefing.limits, this.used, next));
    return { kind: 'budget', exceeded };
  }

  private request(): ChatRequest {
    const { stage, output } = this.input;
    return { stage, messages: this.messages, tools: toolsOf(stage), signal: this.run.signal, ...(output && { output }) };
  }

  private async afterFailure(step: number, error: unknown, begun: number): Promise<LoopEnd | undefined> {
    if (!(error instanceof AppError) || !MODEL_ENDINGS.has(error.code)) throw error;
    const kept = error.code === 'MODEL_CONTEXT_TOO_LONG' && !this.hasJustCompacted ? this.kept(true) : undefined;
    if (kept !== undefined) return this.compact(step, kept, begun);
    return { kind: 'cannot', code: error.code, message: error.message, understood: [] };
  }

  private kept(isForced: boolean): number | undefined {
    return keptMessages(this.messages.slice(this.input.opening.length), this.model.facts.contextTokens, isForced);
  }

  /** Has the older messages summed up, as a step of its own. */
  private async compact(step: number, kept: number, begun: number): Promise<LoopEnd | undefined> {
    const { opening, stage } = this.input;
    const [head, dropped] = [this.messages.slice(0, opening.length), this.messages.slice(opening.length, this.messages.length - kept)];
    const request = this.caller.summary(stage, head, dropped);
    const stop = await this.beyondBudget(new TokenEstimate(), request);
    if (stop) return stop;
    await this.deps.log(this.run.requestId).append('The conversation has filled the model’s window; summing up its older part');
    return this.take(step, await this.caller.sumUp(step, request, dropped, kept), begun);
  }

  private async take(step: number, answer: JournalAnswer, begun: number): Promise<LoopEnd | undefined> {
    this.transcript.answered(step, answer);
    const usage = (): BudgetUsage => usageOf(answer, this.deps.now() - begun);
    if (answer.keptMessages !== undefined) return this.takeSummary(step, answer, answer.keptMessages, usage);
    this.hasJustCompacted = false;
    this.messages = [...this.messages, { role: 'assistant', text: saidIn(answer), toolCalls: answer.toolCalls }];
    this.estimate.note(answer.usage, this.messages.length);
    const turn = turnOf(this.input.stage, answer);
    if (turn.kind === 'calls') return this.make(step, answer, usage);
    const problem = turn.kind === 'end' ? undefined : await this.problemOf(step, answer, turn.kind === 'output' ? turn.output : undefined);
    if (problem && this.repairs < MAX_REPAIRS) return this.repair(step, problem.toModel, usage);
    await this.count(step, usage());
    if (problem) return { kind: 'invalid', message: `${problem.toPerson} This was so also after ${MAX_REPAIRS} further tries.` };
    return turn.kind === 'end' ? turn.end : { kind: 'output', output: turn.kind === 'output' ? turn.output : null };
  }

  private async takeSummary(step: number, answer: JournalAnswer, kept: number, usage: () => BudgetUsage): Promise<undefined> {
    const tail = kept === 0 ? [] : this.messages.slice(-kept);
    this.messages = [...withSummary(this.input.opening, answer.text), ...tail];
    this.estimate.forget();
    this.hasJustCompacted = true;
    await this.finish(step, async () => ({ toolResults: [] }), usage);
    return undefined;
  }

  /** Why an answer cannot be used; undefined where it can. */
  private async problemOf(step: number, answer: JournalAnswer, output: unknown): Promise<Problem | undefined> {
    const earlier = this.input.finished.find((record) => record.step === step)?.repair;
    if (earlier !== undefined) return { toModel: earlier, toPerson: earlier };
    if (answer.unreadable !== undefined) return unreadable(answer.unreadable);
    if (output === undefined) return this.input.output ? NO_OUTPUT : NO_CALL;
    const issues = (await this.input.check?.(output)) ?? [];
    return issues.length > 0 ? invalidOutput(this.input.output?.name ?? 'output', issues) : undefined;
  }

  private async repair(step: number, text: string, usage: () => BudgetUsage): Promise<undefined> {
    this.repairs += 1;
    this.messages = [...this.messages, { role: 'task', sections: [{ name: 'repair', text }] }];
    this.transcript.repaired(step, text);
    await this.finish(step, async () => ({ toolResults: [], repair: text }), usage);
    await this.deps.log(this.run.requestId).append(oneLine(`the model is asked again: ${text.split('\n').slice(0, 4).join(' ')}`));
    return undefined;
  }

  /** Makes the calls of a step, or takes what the journal holds of them. */
  private async make(step: number, answer: ModelAnswer, usage: () => BudgetUsage): Promise<undefined> {
    const { toolResults } = await this.finish(step, () => this.call(step, answer), usage);
    this.messages = [...this.messages, { role: 'tools', results: toolResults }];
    this.transcript.done(step, toolResults);
    // A long run may answer with mere text now and then; an output that never fits is another matter.
    if (!this.input.output) this.repairs = 0;
    return undefined;
  }

  /** Records a step, or takes what the journal holds of it. */
  private async finish(step: number, work: () => Promise<Pick<StepRecord, 'toolResults'> & Partial<StepRecord>>, usage: () => BudgetUsage): Promise<StepRecord> {
    const { finished, lease } = this.input;
    const earlier = finished.find((record) => record.step === step);
    const record = earlier ?? { step, snapshotCommit: this.lastCommit, ...(await work()), usage: usage() };
    if (!earlier) await this.deps.journal.recordStep(lease, record);
    this.lastCommit = record.snapshotCommit;
    // The worker may have died between journal and budget; the same key counts once.
    if (!earlier || step === finished.at(-1)?.step) await this.count(step, record.usage);
    return record;
  }

  private async call(step: number, answer: ModelAnswer): Promise<Pick<StepRecord, 'toolResults' | 'snapshotCommit'>> {
    const toolResults: ToolResult[] = [];
    for (const [index, call] of answer.toolCalls.entries()) {
      this.run.signal.throwIfAborted();
      const made = await this.answerCall(call, step);
      toolResults.push({ callId: call.id, name: call.name, answer: await this.outputs.shown(made, `${step}.${index + 1}`) });
    }
    return { toolResults, snapshotCommit: await this.input.settle(step) };
  }

  private async answerCall(call: ToolCall, step: number): Promise<ToolAnswer> {
    const { stage, act } = this.input;
    if (!isOffered(stage, call.name)) return { ok: false, code: 'TOOL_FAILED', message: `There is no tool ${JSON.stringify(call.name)} here` };
    if (call.name === 'finish') return { ok: false, code: 'TOOL_FAILED', message: 'Not finished: call finish on its own, once the answers of the other calls were seen' };
    const args = readArgs(call.name, call.args);
    if (!args.success) return { ok: false, code: 'INVALID_INPUT', message: `Arguments of ${call.name}: ${args.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}` };
    const checked: ToolCall = { ...call, args: args.data };
    return this.outputs.isKept(checked) ? this.outputs.read(checked) : act(checked, step);
  }

  private async count(step: number, usage: BudgetUsage): Promise<void> {
    const { requestId, ref, runKey } = this.run;
    this.used = await this.deps.records.addUsage(requestId, ref, `${runKey}/${step}`, usage);
  }
}
