import { redact } from '@countersign/artifacts';
import type { AIMessage } from '@langchain/core/messages';

import type { ChatRequest, LanguageModelPort, ModelAnswer, ModelFacts, ModelUsage, ToolDeclaration } from '../ports/language-model.port.js';
import { AnswerReader } from './answer-reader.js';
import { type CallTimeouts, CallWire } from './call-wire.js';
import type { ChatModelRow } from './chat-model.registry.js';
import { givingRule } from './data-rule.prompt.js';
import { failedCall } from './fault-reader.js';
import { type FaultContext, modelError } from './model-fault.js';
import { documentIn, type OutputTool, outputToolOf } from './output-tool.js';
import type { PricedModel } from './price-table.js';

export type LangChainModelOptions = {
  readonly id: string;
  readonly name: string;
  readonly row: ChatModelRow;
  readonly key: string;
  readonly baseUrl: string;
  readonly api: 'chat' | 'responses';
  readonly streams: boolean;
  readonly priced: PricedModel;
  readonly timeouts: CallTimeouts;
};

const MAX_HINT_CHARS = 200;
/** Of JSON text, where a provider does not count. */
const CHARS_PER_TOKEN = 4;

const asTool = ({ name, description, input }: ToolDeclaration) => {
  const { $schema: _, ...parameters } = input;
  return { type: 'function' as const, function: { name, description, parameters } };
};

/** One model of one provider, over LangChain's chat models. Makes one HTTP call for one `chat`, and never a second. */
export class LangChainModel implements LanguageModelPort {
  readonly id: string;
  readonly facts: ModelFacts;

  constructor(private readonly options: LangChainModelOptions) {
    this.id = options.id;
    const { contextTokens, price } = options.priced;
    this.facts = { contextTokens, price };
  }

  async chat(request: ChatRequest): Promise<ModelAnswer> {
    const { signal } = request;
    signal.throwIfAborted();
    const wire = new CallWire(signal, this.options.timeouts);
    const reader = new AnswerReader(this.options.row.usage);
    const output = outputToolOf(request.output);
    try {
      await this.ask(request, output, wire, reader);
    } catch (error) {
      // The caller's own end is not a fault of the model.
      signal.throwIfAborted();
      throw this.translated(error, wire);
    } finally {
      wire.close();
    }
    signal.throwIfAborted();
    const fault = reader.ending.fault(this.options.row.saysHowItEnds);
    // An end that the client took for the answer's own.
    if (wire.trouble !== null || wire.errorText !== '') throw this.translated(undefined, wire);
    if (fault) throw modelError(fault, this.context(wire.status), this.usageOf(request, reader));
    return this.answerOf(request, output, reader);
  }

  private async ask(request: ChatRequest, output: OutputTool | undefined, wire: CallWire, reader: AnswerReader): Promise<void> {
    const { row, name, key, baseUrl, api, streams, priced, timeouts } = this.options;
    const { contextTokens, maxOutputTokens } = priced;
    const model = await row.make({ name, key, baseUrl, api, streams, contextTokens, maxOutputTokens, timeoutMs: timeouts.totalMs, fetch: wire.fetch });
    const tools = [...request.tools, ...(output ? [output.declaration] : [])].map(asTool);
    const rules = output ? [givingRule(output.declaration.name)] : [];
    // Not before the first call, as the provider's own package.
    const { renderedCall, withInstructions } = await import('./rendered-messages.js');
    const messages = withInstructions(renderedCall(request.messages, rules), row.cacheControl);
    // Tools and instructions are kept by the mark on the instructions, the conversation so far by the one on the call.
    const options = { signal: wire.signal, ...(tools.length > 0 && { tools }), ...(row.cacheControl && { cache_control: row.cacheControl }) };
    if (!streams || row.isOpaque) return reader.take((await model.invoke(messages, options)) as AIMessage);
    for await (const piece of await model.stream(messages, options)) reader.take(piece);
  }

  private answerOf(request: ChatRequest, output: OutputTool | undefined, reader: AnswerReader): ModelAnswer {
    const calls = reader.toolCalls(request.messages.length);
    const isGiving = ({ name }: { readonly name: string }): boolean => name === output?.declaration.name;
    const toolCalls = calls.filter((call) => !isGiving(call));
    const giving = calls.findLast(isGiving);
    const given = giving ? output?.outputOf(giving.args) : output && toolCalls.length === 0 ? documentIn(reader.text) : undefined;
    const { text } = reader;
    return {
      // The conversation goes on with what was given, should it have to be mended.
      text: text === '' && given !== undefined ? JSON.stringify(given) : text,
      toolCalls,
      output: given ?? null,
      usage: this.usageOf(request, reader),
    };
  }

  private usageOf(request: ChatRequest, reader: AnswerReader): ModelUsage {
    const { tokens } = reader;
    if (tokens) {
      const { inputTokens, outputTokens, cachedInputTokens } = tokens;
      return { inputTokens, outputTokens, cachedInputTokens, costMicros: this.options.priced.costMicros(tokens) };
    }
    // A limit on tokens must bind all the same; what it cost is not known, unless nothing costs anything.
    const estimated = (value: unknown): number => Math.ceil(JSON.stringify(value).length / CHARS_PER_TOKEN);
    const guessed = { inputTokens: estimated([request.messages, request.tools]), outputTokens: estimated([reader.text, reader.toolCalls(0)]), cachedInputTokens: 0 };
    return { ...guessed, costMicros: this.facts.price?.inputMicros === 0 && this.facts.price.outputMicros === 0 ? 0 : null };
  }

  private translated(error: unknown, wire: CallWire): unknown {
    const failed = failedCall(error, wire, this.options.row.isOpaque);
    if (!failed) return error;
    const { fault, status, retryAfterMs, said } = failed;
    const { key } = this.options;
    const hint = said === null ? null : redact(said, key === '' ? [] : [key]).replace(/\s+/g, ' ').slice(0, MAX_HINT_CHARS);
    // No cause: a provider's error holds headers, and with them the key.
    return modelError(fault, { ...this.context(status), retryAfterMs, hint });
  }

  private context(status: number | null): FaultContext {
    const { id, name, row, baseUrl } = this.options;
    const { label, keyVariable, baseUrlVariable } = row;
    return { id, model: name, provider: label, host: new URL(baseUrl).host, keyVariable, baseUrlVariable, status, retryAfterMs: null, hint: null };
  }
}
