import type { ModelProvider } from '@countersign/domain';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { ChatMistralAI } from '@langchain/mistralai';

import type { UsageStyle } from './answer-reader.js';

export type RemoteProvider = Exclude<ModelProvider, 'offline'>;

export type ChatModelInput = {
  readonly name: string;
  readonly key: string;
  readonly baseUrl: string;
  /** Which of OpenAI's two protocols; the others have one. */
  readonly api: 'chat' | 'responses';
  readonly streams: boolean;
  readonly contextTokens: number;
  readonly maxOutputTokens: number | null;
  readonly timeoutMs: number;
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
};

export type ChatModelRow = {
  readonly label: string;
  /** Null: it asks for none. */
  readonly keyVariable: string | null;
  /** Null: there is no such setting. */
  readonly baseUrlVariable: string | null;
  readonly baseUrl: string;
  readonly usage: UsageStyle;
  /** Where an answer without a stop reason is one that broke off. */
  readonly saysHowItEnds: boolean;
  /** Its SDK takes no fetch: nothing of ours sees its calls, and pieces would gain nothing. */
  readonly isOpaque?: true;
  /** The provider keeps what it is told to keep, the rest of them what they like. */
  readonly cacheControl?: { readonly type: 'ephemeral' };
  /** Loaded at the first call only: an installation that stays offline never pays for it. */
  make(input: ChatModelInput): Promise<BaseChatModel>;
};

/** Mapped, not switched: a new provider does not compile until it has its row. */
export type ChatModelRegistry = { readonly [P in RemoteProvider]: ChatModelRow };

/** Temporal owns retries; LangChain's and the SDKs' own are off. */
const NO_RETRIES = 0;
/** More than any answer of ours needs, and within what every model takes that is not described. */
const MAX_OUTPUT_TOKENS = 32_000;
const UNKNOWN_MAX_OUTPUT_TOKENS = 8_192;

/** An SDK's log would hold what was sent. */
const QUIET = { maxRetries: NO_RETRIES, logLevel: 'off' as const };

export const CHAT_MODELS: ChatModelRegistry = {
  openai: {
    label: 'OpenAI',
    keyVariable: 'OPENAI_API_KEY',
    baseUrlVariable: 'OPENAI_BASE_URL',
    baseUrl: 'https://api.openai.com/v1',
    usage: 'parts',
    saysHowItEnds: true,
    async make({ name, key, baseUrl, api, streams, timeoutMs, fetch }) {
      const { ChatOpenAICompletions, ChatOpenAIResponses } = await import('@langchain/openai');
      const fields = { model: name, apiKey: key, streaming: streams, streamUsage: true, maxRetries: NO_RETRIES, timeout: timeoutMs, configuration: { ...QUIET, baseURL: baseUrl, fetch } };
      // The raw answer holds the refusal, which LangChain drops. Nothing is to be stored on the other side.
      return api === 'responses' ? new ChatOpenAIResponses({ ...fields, zdrEnabled: true }) : new ChatOpenAICompletions({ ...fields, __includeRawResponse: true });
    },
  },
  anthropic: {
    label: 'Anthropic',
    keyVariable: 'ANTHROPIC_API_KEY',
    baseUrlVariable: 'ANTHROPIC_BASE_URL',
    baseUrl: 'https://api.anthropic.com',
    usage: 'totals',
    saysHowItEnds: true,
    cacheControl: { type: 'ephemeral' },
    async make({ name, key, baseUrl, streams, maxOutputTokens, timeoutMs, fetch }) {
      const { ChatAnthropic } = await import('@langchain/anthropic');
      return new ChatAnthropic({
        model: name,
        apiKey: key,
        anthropicApiUrl: baseUrl,
        streaming: streams,
        maxTokens: Math.min(maxOutputTokens ?? UNKNOWN_MAX_OUTPUT_TOKENS, MAX_OUTPUT_TOKENS),
        maxRetries: NO_RETRIES,
        clientOptions: { ...QUIET, authToken: null, timeout: timeoutMs, fetch },
      });
    },
  },
  google: {
    label: 'Google',
    keyVariable: 'GOOGLE_API_KEY',
    baseUrlVariable: null,
    baseUrl: 'https://generativelanguage.googleapis.com',
    usage: 'parts',
    saysHowItEnds: false,
    isOpaque: true,
    async make({ name, key, baseUrl }) {
      const { ChatGoogleGenerativeAI } = await import('@langchain/google-genai');
      return new ChatGoogleGenerativeAI({ model: name, apiKey: key, baseUrl, streaming: false, maxRetries: NO_RETRIES });
    },
  },
  mistral: {
    label: 'Mistral',
    keyVariable: 'MISTRAL_API_KEY',
    baseUrlVariable: null,
    baseUrl: 'https://api.mistral.ai',
    usage: 'parts',
    saysHowItEnds: false,
    async make({ name, key, baseUrl, streams, fetch }) {
      const { ChatMistralAI } = await import('@langchain/mistralai');
      return new ChatMistralAI({ model: name, apiKey: key, serverURL: baseUrl, streaming: streams, maxRetries: NO_RETRIES, httpClient: httpClientOver(fetch) });
    },
  },
  groq: {
    label: 'Groq',
    keyVariable: 'GROQ_API_KEY',
    baseUrlVariable: null,
    baseUrl: 'https://api.groq.com',
    usage: 'totals',
    saysHowItEnds: true,
    async make({ name, key, baseUrl, streams, timeoutMs, fetch }) {
      const { ChatGroq } = await import('@langchain/groq');
      return new ChatGroq({ model: name, apiKey: key, baseUrl, streaming: streams, maxRetries: NO_RETRIES, timeout: timeoutMs, fetch });
    },
  },
  ollama: {
    label: 'Ollama',
    keyVariable: null,
    baseUrlVariable: 'OLLAMA_BASE_URL',
    baseUrl: 'http://127.0.0.1:11434',
    usage: 'parts',
    saysHowItEnds: false,
    async make({ name, baseUrl, streams, contextTokens, fetch }) {
      const { ChatOllama } = await import('@langchain/ollama');
      // Without a window of its own it cuts what is too long, and does not say so.
      return new ChatOllama({ model: name, baseUrl, streaming: streams, numCtx: contextTokens, maxRetries: NO_RETRIES, fetch });
    },
  },
};

type MistralFields = NonNullable<ConstructorParameters<typeof ChatMistralAI>[0]>;

/** The part of Mistral's client that its SDK calls. */
function httpClientOver(fetch: ChatModelInput['fetch']): NonNullable<MistralFields['httpClient']> {
  const client = { request: (request: Request) => fetch(request), addHook: () => client, removeHook: () => client, clone: () => client };
  return client as unknown as NonNullable<MistralFields['httpClient']>;
}
