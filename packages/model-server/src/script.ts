/** What is spoken, by the path that is called. */
export const PROTOCOLS = ['openai-chat', 'openai-responses', 'anthropic'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export type SpokenToolCall = { readonly id: string; readonly name: string; readonly args: unknown };

/** One message of a call, whatever the protocol called it. */
export type SpokenMessage = {
  readonly role: 'user' | 'assistant' | 'tool';
  readonly text: string;
  /** Of an assistant. */
  readonly toolCalls: readonly SpokenToolCall[];
  /** Of a tool: the call it answers. */
  readonly callId: string | null;
};

export type SpokenTool = { readonly name: string; readonly description: string; readonly schema: unknown };

/** A call as a script sees it: the same over every protocol. */
export type ModelCall = {
  readonly protocol: Protocol;
  readonly model: string;
  /** Joined, where there are several. */
  readonly system: string;
  readonly messages: readonly SpokenMessage[];
  readonly tools: readonly SpokenTool[];
  /** A JSON document is asked for: as the protocol does it, by a tool that is forced, or by a tool named `give_…`. */
  readonly wantsSchema: { readonly name: string; readonly schema: unknown; readonly by: 'format' | 'tool' } | null;
  readonly stream: boolean;
  /** From 1, over all protocols of this server. */
  readonly callNumber: number;
  /** As it came, for what the neutral view leaves out. */
  readonly body: Readonly<Record<string, unknown>>;
};

export type SpokenUsage = {
  /** All of them; those read from and written to the cache included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens?: number;
  /** Only Anthropic says so. */
  readonly cacheWriteTokens?: number;
};

export type ScriptedAnswer = {
  readonly text?: string;
  readonly toolCalls?: readonly { readonly id?: string; readonly name: string; readonly args: unknown }[];
  /** Given in the way the call asked for it. */
  readonly json?: unknown;
  readonly usage?: SpokenUsage;
  /** Says nothing of what it used, as some compatible servers do. */
  readonly withoutUsage?: true;
  /** Before the first byte. */
  readonly delayMs?: number;
};

/** A fault, by name: each in the shape in which the provider really answers it. */
export type ScriptedFault =
  | { readonly fault: 'rate-limited' | 'overloaded'; readonly retryAfterSeconds?: number; readonly retryAfterMs?: number }
  | { readonly fault: Exclude<FaultName, 'rate-limited' | 'overloaded'> }
  | { readonly fault: 'http'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: string };

export const FAULT_NAMES = [
  'rate-limited',
  'overloaded',
  'quota-used-up',
  'server-error',
  'gateway-page',
  'invalid-key',
  'forbidden',
  'unknown-model',
  'bad-call',
  'call-too-large',
  'context-too-long',
  'refusal',
  'content-filter',
  'output-cut',
  'cut-before-answer',
  'cut-inside-answer',
  'ends-early',
  'malformed-json',
  'error-inside-stream',
  'hang',
  'hang-inside-answer',
  'redirect',
] as const;
export type FaultName = (typeof FAULT_NAMES)[number];

export type ScriptedReply = ScriptedAnswer | ScriptedFault;
export type ModelScript = (call: ModelCall) => ScriptedReply | Promise<ScriptedReply>;

/** One call as it arrived; never holds a key. */
export type LoggedCall = {
  readonly callNumber: number;
  readonly at: string;
  readonly protocol: Protocol;
  readonly path: string;
  readonly model: string;
  readonly stream: boolean;
  /** The `request-id` of the answer. */
  readonly requestId: string;
  /** SHA-256 of the body: the same call again has the same one. */
  readonly bodyDigest: string;
  readonly headers: Readonly<Record<string, string>>;
};
