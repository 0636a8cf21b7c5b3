import { AppError, OFFLINE_MODEL, type ErrorCode, type ModelStage } from '@countersign/domain';
import { sha256Hex } from '@countersign/domain/digest';

import type { AgentDeps } from './agent-deps.js';
import type { AgentRun } from './agent-run.js';
import { plainSummary, summaryRequest } from './compaction.js';
import type { JournalAnswer, RunLease } from './ports/journal.port.js';
import type { ChatMessage, ChatRequest, LanguageModelPort, ModelAnswer, ModelUsage } from './ports/language-model.port.js';
import { callWords, oneLine } from './tool-words.js';

const NO_TOKENS = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, costMicros: 0 } as const;
/** A summary that fails for good is made without the model: the work is not lost with it. */
const WITHOUT_SUMMARY: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['MODEL_CONTEXT_TOO_LONG', 'MODEL_REFUSED', 'MODEL_FILTERED', 'MODEL_OUTPUT_INVALID']);

/** What stands beside calls, or in the last of them. Text alone is read as an answer, or answered. */
function saidIn({ text, toolCalls }: ModelAnswer): string {
  const summary = toolCalls.find(({ name }) => name === 'finish')?.args['summary'];
  return [toolCalls.length > 0 ? text : '', typeof summary === 'string' ? summary : ''].join(' ').trim();
}

/** An answer that cannot be read was paid for all the same. */
function spentOn({ details }: AppError): ModelUsage {
  const usage = (details as { readonly usage?: ModelUsage } | undefined)?.usage;
  return usage ?? NO_TOKENS;
}

/** Makes calls of the model: each is in the journal, with the prompt it was made from, before anything is done with it. */
export class ModelCaller {
  private isClear = false;

  constructor(
    private readonly deps: AgentDeps,
    private readonly run: AgentRun,
    private readonly model: LanguageModelPort,
    private readonly lease: RunLease,
  ) {}

  async ask(step: number, request: ChatRequest): Promise<JournalAnswer> {
    const answer = await this.chat(request).catch((error: unknown): Pick<JournalAnswer, keyof ModelAnswer | 'unreadable'> => {
      // What cannot be read at all is repaired as any other answer that does not fit.
      if (error instanceof AppError && error.code === 'MODEL_OUTPUT_INVALID') return { text: '', toolCalls: [], output: null, usage: spentOn(error), unreadable: error.message };
      throw error;
    });
    return this.keep(step, request, answer);
  }

  summary(stage: ModelStage, opening: readonly ChatMessage[], dropped: readonly ChatMessage[]): ChatRequest {
    return summaryRequest({ stage, signal: this.run.signal }, opening, dropped, this.model.facts.contextTokens);
  }

  async sumUp(step: number, request: ChatRequest, dropped: readonly ChatMessage[], kept: number): Promise<JournalAnswer> {
    const plain = (): ModelAnswer => ({ text: plainSummary(request.messages, dropped, this.model.facts.contextTokens), toolCalls: [], output: null, usage: NO_TOKENS });
    const answer = await this.chat(request).catch((error: unknown) => {
      if (error instanceof AppError && WITHOUT_SUMMARY.has(error.code)) return plain();
      throw error;
    });
    const text = answer.text.trim() === '' ? plain().text : answer.text;
    return this.keep(step, request, { ...answer, text, toolCalls: [], output: null, keptMessages: kept });
  }

  private async chat(request: ChatRequest): Promise<ModelAnswer> {
    const { now, log, records } = this.deps;
    const { requestId, ref } = this.run;
    const begun = now();
    const answer = await this.model.chat(request);
    if (!this.isClear) await records.noteWaiting(requestId, ref, null);
    this.isClear = true;
    if (this.model.id !== OFFLINE_MODEL) {
      await log(requestId).append(callWords(this.model.id, answer.usage, now() - begun));
      const said = saidIn(answer);
      if (said !== '') await log(requestId).append(oneLine(`the model says: ${said}`));
    }
    return answer;
  }

  private async keep(step: number, { messages }: ChatRequest, answer: JournalAnswer): Promise<JournalAnswer> {
    const instructions = messages.flatMap((message) => (message.role === 'instructions' ? [message.text] : [])).join('\n');
    const call = { model: this.model.id, promptDigest: sha256Hex(instructions), at: new Date(this.deps.now()).toISOString() };
    const { text, toolCalls, output, usage, keptMessages, unreadable } = answer;
    const kept: JournalAnswer = { text, toolCalls, output, usage, call, ...(keptMessages !== undefined && { keptMessages }), ...(unreadable !== undefined && { unreadable }) };
    await this.deps.journal.recordAnswer(this.lease, step, kept);
    return kept;
  }
}
