import type { AIMessage, AIMessageChunk, UsageMetadata } from '@langchain/core/messages';

import type { ToolCall } from '../ports/language-model.port.js';
import { AnswerEnding } from './answer-endings.js';
import type { CountedTokens } from './price-table.js';

/** What a stream's pieces say of usage: parts to be added, or each time the total so far. */
export type UsageStyle = 'parts' | 'totals';

const NO_TOKENS: CountedTokens = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0 };
const RAW = '__raw_response';
const MAX_SHOWN_CHARS = 2_000;

function countedOf({ input_tokens, output_tokens, input_token_details }: UsageMetadata): CountedTokens {
  return {
    inputTokens: input_tokens ?? 0,
    outputTokens: output_tokens ?? 0,
    cachedInputTokens: input_token_details?.cache_read ?? 0,
    cacheWriteTokens: input_token_details?.cache_creation ?? 0,
  };
}

/** As it stood on the wire: LangChain's adapter for Groq reads it in part only. */
function rawCounted(usage: unknown): CountedTokens | undefined {
  const raw = (typeof usage === 'object' ? usage : null) as { prompt_tokens?: unknown; completion_tokens?: unknown; prompt_tokens_details?: { cached_tokens?: unknown } | null } | null;
  if (typeof raw?.prompt_tokens !== 'number') return undefined;
  const cached = raw.prompt_tokens_details?.cached_tokens;
  return { inputTokens: raw.prompt_tokens, outputTokens: Number(raw.completion_tokens ?? 0), cachedInputTokens: typeof cached === 'number' ? cached : 0, cacheWriteTokens: 0 };
}

function combined(one: CountedTokens, two: CountedTokens, style: UsageStyle): CountedTokens {
  const of = (key: keyof CountedTokens): number => (style === 'totals' ? Math.max(one[key], two[key]) : one[key] + two[key]);
  return { inputTokens: of('inputTokens'), outputTokens: of('outputTokens'), cachedInputTokens: of('cachedInputTokens'), cacheWriteTokens: of('cacheWriteTokens') };
}

/** What is no object is shown to the model as it was, so that it can be told. */
function objectOf(value: unknown): ToolCall['args'] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as ToolCall['args'];
  return { notAnObject: (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).slice(0, MAX_SHOWN_CHARS) };
}

/** LangChain mends half a document into a whole one, so the text is parsed once more. */
function argsOf(json: string): ToolCall['args'] {
  if (json.trim() === '') return {};
  try {
    return objectOf(JSON.parse(json));
  } catch {
    return objectOf(json);
  }
}

/** By what it can do: its class would load LangChain into an installation that stays offline. */
const isPiece = (message: AIMessage | AIMessageChunk): message is AIMessageChunk => 'concat' in message;

type RawCall = { readonly id: string | undefined; readonly name: string; readonly args: ToolCall['args'] };

function rawCalls(message: AIMessage | AIMessageChunk): readonly RawCall[] {
  if (isPiece(message) && (message.tool_call_chunks ?? []).length > 0) {
    return (message.tool_call_chunks ?? []).map(({ id, name, args }) => ({ id, name: name ?? '', args: argsOf(args ?? '') }));
  }
  const good = (message.tool_calls ?? []).map(({ id, name, args }) => ({ id, name, args: objectOf(args) }));
  const bad = (message.invalid_tool_calls ?? []).map(({ id, name, args }) => ({ id, name: name ?? '', args: argsOf(args ?? '') }));
  return [...good, ...bad];
}

/** Gathers an answer that comes whole or in pieces. */
export class AnswerReader {
  readonly ending = new AnswerEnding();
  private message: AIMessage | AIMessageChunk | undefined;
  private counted: CountedTokens | undefined;

  constructor(private readonly style: UsageStyle) {}

  take(piece: AIMessage | AIMessageChunk): void {
    this.ending.see(piece);
    const counted = rawCounted(piece.response_metadata['usage']) ?? (piece.usage_metadata && countedOf(piece.usage_metadata));
    if (counted) this.counted = combined(this.counted ?? NO_TOKENS, counted, this.style);
    // Looked at above; joining raw answers would fail on what cannot be joined.
    delete piece.additional_kwargs[RAW];
    this.message = this.message && isPiece(this.message) && isPiece(piece) ? this.message.concat(piece) : piece;
  }

  get text(): string {
    return this.message?.text ?? '';
  }

  /** Undefined where the provider did not say. */
  get tokens(): CountedTokens | undefined {
    const { counted } = this;
    return counted && counted.inputTokens + counted.outputTokens > 0 ? counted : undefined;
  }

  /** With ids where the provider gives none: they only have to differ within the conversation. */
  toolCalls(turn: number): readonly ToolCall[] {
    if (!this.message) return [];
    return rawCalls(this.message).map(({ id, name, args }, index) => ({ id: id ?? `call-${turn}-${index}`, name, args }));
  }
}
