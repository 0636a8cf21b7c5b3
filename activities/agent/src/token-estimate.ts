import { OFFLINE_MODEL, type ExpectedUsage } from '@countersign/domain';

import type { ChatMessage, ChatRequest, LanguageModelPort, ModelUsage } from './ports/language-model.port.js';

/** Rough, and on the safe side for text that is not Latin, which takes more bytes and more tokens. */
const BYTES_PER_TOKEN = 4;
const MILLION = 1_000_000;

/** Messages never change once they are made, and are counted before each call. */
const counted = new WeakMap<object, number>();

export function tokensOf(value: string | object): number {
  if (typeof value === 'string') return Math.ceil(Buffer.byteLength(value, 'utf8') / BYTES_PER_TOKEN);
  const known = counted.get(value);
  if (known !== undefined) return known;
  const tokens = tokensOf(JSON.stringify(value));
  counted.set(value, tokens);
  return tokens;
}

type Measured = { readonly messages: number; readonly tokens: number; readonly cached: number };

/** Guesses how long the next call is: from what the provider counted at the last one, where it counts. */
export class TokenEstimate {
  private measured: Measured | undefined;
  private largestOutput = 0;

  /** `messages`: how many there are once the answer is one of them. */
  note({ inputTokens, outputTokens, cachedInputTokens }: ModelUsage, messages: number): void {
    this.measured = inputTokens > 0 ? { messages, tokens: inputTokens + outputTokens, cached: cachedInputTokens } : undefined;
    this.largestOutput = Math.max(this.largestOutput, outputTokens);
  }

  /** What was counted is no longer what is sent. */
  forget(): void {
    this.measured = undefined;
  }

  input({ messages, tools, output }: Pick<ChatRequest, 'messages' | 'tools' | 'output'>): number {
    const sum = (list: readonly ChatMessage[]): number => list.reduce((total, message) => total + tokensOf(message), 0);
    if (this.measured) return this.measured.tokens + sum(messages.slice(this.measured.messages));
    return sum(messages) + tokensOf(tools) + tokensOf(output ?? '');
  }

  /** The input of the next call, and an answer as long as the longest so far. */
  next(model: LanguageModelPort, request: Pick<ChatRequest, 'messages' | 'tools' | 'output'>): ExpectedUsage {
    if (model.id === OFFLINE_MODEL) return { tokens: 0, costMicros: 0 };
    const input = this.input(request);
    const { price } = model.facts;
    const cached = Math.min(input, this.measured?.cached ?? 0);
    const costMicros = price && Math.ceil(((input - cached) * price.inputMicros + cached * price.cachedInputMicros + this.largestOutput * price.outputMicros) / MILLION);
    return { tokens: input + this.largestOutput, costMicros };
  }
}
