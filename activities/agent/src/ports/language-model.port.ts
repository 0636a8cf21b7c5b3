import type { ErrorCode, ModelStage } from '@countersign/domain';

/** A JSON Schema document. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Named pieces of a task. All of them are data: an adapter fences them when it renders text. */
export type TaskSection = {
  readonly name: 'title' | 'body' | 'rules' | 'feedback' | 'spec' | 'plan' | 'start' | 'thread' | 'question' | 'diff' | 'checks' | 'summary' | 'transcript' | 'repair';
  readonly text: string;
};

export type ToolCall = { readonly id: string; readonly name: string; readonly args: Readonly<Record<string, unknown>> };

export type ToolResult = {
  readonly callId: string;
  readonly name: string;
  readonly answer: { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly code: ErrorCode; readonly message: string };
};

export type ChatMessage =
  | { readonly role: 'instructions'; readonly text: string }
  | { readonly role: 'task'; readonly sections: readonly TaskSection[] }
  | { readonly role: 'assistant'; readonly text: string; readonly toolCalls: readonly ToolCall[] }
  | { readonly role: 'tools'; readonly results: readonly ToolResult[] };

export type ToolDeclaration = { readonly name: string; readonly description: string; readonly input: JsonSchema };

export type ModelUsage = {
  /** All of them, those read from the provider's cache included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens: number;
  /** Integer micro-units; null where the price is not known. */
  readonly costMicros: number | null;
};

/** Plain JSON: it is kept in the journal. A message, tool calls, or structured output. */
export type ModelAnswer = {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  /** What the output schema asks for, not validated; null where the model did not give any. */
  readonly output: unknown;
  readonly usage: ModelUsage;
};

/** What one model can take and what it costs; the price is null where none is known. */
export type ModelFacts = {
  readonly contextTokens: number;
  readonly price: ModelPrice | null;
};

/** Micro-units of `currency` for a million tokens. */
export type ModelPrice = {
  readonly currency: 'USD';
  readonly inputMicros: number;
  readonly cachedInputMicros: number;
  readonly outputMicros: number;
  /** RFC 3339 date on which the source said so. */
  readonly asOf: string;
  readonly source: string;
};

export type ChatRequest = {
  readonly stage: ModelStage;
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolDeclaration[];
  /** Absent where the stage ends with a tool call. */
  readonly output?: { readonly name: string; readonly schema: JsonSchema };
  readonly signal: AbortSignal;
};

/** A chat model. Keeps nothing between calls: everything it may know is in the messages. */
export interface LanguageModelPort {
  /** Shown wherever its work is: `offline`, `provider:model`. */
  readonly id: string;
  readonly facts: ModelFacts;
  /** @throws AppError whose code says whether the same call may be tried again. */
  chat(request: ChatRequest): Promise<ModelAnswer>;
}
