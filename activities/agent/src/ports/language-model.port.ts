import type { ErrorCode } from '@countersign/domain';

export const MODEL_STAGES = ['spec', 'plan', 'execute'] as const;
export type ModelStage = (typeof MODEL_STAGES)[number];

/** A JSON Schema document. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Named pieces of a task. All of them are data: an adapter fences them when it renders text. */
export type TaskSection = {
  readonly name: 'title' | 'body' | 'rules' | 'feedback' | 'spec' | 'plan' | 'start';
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
  readonly inputTokens: number;
  readonly outputTokens: number;
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
  /** @throws AppError whose code says whether the same call may be tried again. */
  chat(request: ChatRequest): Promise<ModelAnswer>;
}
