import { resolve } from 'node:path';

import { type ModelChoice, OFFLINE_MODEL } from '@countersign/domain';
import { modelIdSchema } from '@countersign/domain/schema';
import { secretVariable, type Secret } from '@countersign/platform';
import { z } from 'zod';

const stageModel = (what: string) => modelIdSchema.optional().meta({ description: `The model that ${what}; default COUNTERSIGN_MODEL.` });
const key = (provider: string) => secretVariable.optional().meta({ description: `Key of ${provider}.` });
const address = (description: string) => z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).optional().meta({ description });

/** Which models work, and how their providers are reached; the providers' own names where they have some. */
export const modelVariables = {
  COUNTERSIGN_MODEL: modelIdSchema
    .default(OFFLINE_MODEL)
    .meta({ description: '`offline` (deterministic recipes, no key, no network) or provider:model, the provider one of openai, anthropic, google, mistral, groq, ollama.' }),
  COUNTERSIGN_MODEL_SPEC: stageModel('writes the spec'),
  COUNTERSIGN_MODEL_PLAN: stageModel('plans'),
  COUNTERSIGN_MODEL_EXECUTE: stageModel('makes the change'),
  COUNTERSIGN_MODEL_REVIEW: stageModel('reviews'),
  COUNTERSIGN_MODEL_CHAT: stageModel('answers comments'),
  COUNTERSIGN_MODEL_PRICES: z.string().optional().meta({ description: 'JSON file of prices that come before the shipped ones (docs/models.md).' }),
  COUNTERSIGN_MODEL_STREAM: z
    .enum(['true', 'false'])
    .default('true')
    .transform((text) => text === 'true')
    .meta({ description: 'Whether answers come in pieces; for servers that cannot.' }),
  COUNTERSIGN_OPENAI_API: z
    .enum(['chat', 'responses'])
    .optional()
    .meta({ description: 'The protocol for openai; default responses, and chat where OPENAI_BASE_URL leads elsewhere.' }),
  OPENAI_API_KEY: key('OpenAI, or of a compatible server'),
  OPENAI_BASE_URL: address('A server that speaks the protocol of OpenAI, with its /v1.'),
  ANTHROPIC_API_KEY: key('Anthropic'),
  ANTHROPIC_BASE_URL: address('A server that speaks the protocol of Anthropic, without /v1.'),
  GOOGLE_API_KEY: key('Google'),
  MISTRAL_API_KEY: key('Mistral'),
  GROQ_API_KEY: key('Groq'),
  OLLAMA_BASE_URL: address('Where Ollama answers; default http://127.0.0.1:11434.'),
};

type Raw = z.output<z.ZodObject<typeof modelVariables>>;

function provider(secret: Secret | undefined, baseUrl?: string) {
  return { ...(secret && { key: secret }), ...(baseUrl !== undefined && { baseUrl }) };
}

export function modelSettingsOf(raw: Raw) {
  const choice: ModelChoice = {
    all: raw.COUNTERSIGN_MODEL,
    spec: raw.COUNTERSIGN_MODEL_SPEC ?? null,
    plan: raw.COUNTERSIGN_MODEL_PLAN ?? null,
    execute: raw.COUNTERSIGN_MODEL_EXECUTE ?? null,
    review: raw.COUNTERSIGN_MODEL_REVIEW ?? null,
    chat: raw.COUNTERSIGN_MODEL_CHAT ?? null,
  };
  return {
    choice,
    providers: {
      openai: provider(raw.OPENAI_API_KEY, raw.OPENAI_BASE_URL),
      anthropic: provider(raw.ANTHROPIC_API_KEY, raw.ANTHROPIC_BASE_URL),
      google: provider(raw.GOOGLE_API_KEY),
      mistral: provider(raw.MISTRAL_API_KEY),
      groq: provider(raw.GROQ_API_KEY),
      ollama: provider(undefined, raw.OLLAMA_BASE_URL),
    },
    streams: raw.COUNTERSIGN_MODEL_STREAM,
    ...(raw.COUNTERSIGN_OPENAI_API !== undefined && { openaiApi: raw.COUNTERSIGN_OPENAI_API }),
    ...(raw.COUNTERSIGN_MODEL_PRICES !== undefined && { pricesFile: resolve(raw.COUNTERSIGN_MODEL_PRICES) }),
  } as const;
}

/** With any of these LangChain would send every prompt and answer to LangSmith; whoever set it meant another program. */
const TRACING = ['LANGSMITH_TRACING', 'LANGSMITH_TRACING_V2', 'LANGCHAIN_TRACING', 'LANGCHAIN_TRACING_V2'];
const KEYS = Object.keys(modelVariables).filter((name) => name.endsWith('_API_KEY'));

/** Once the settings are read: takes out of the environment what no library, and no program that is started, may find there. */
export function forgetKeys(env: NodeJS.ProcessEnv): void {
  for (const name of [...TRACING, ...KEYS]) delete env[name];
}
