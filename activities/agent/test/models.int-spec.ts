import { type ModelServer, type ScriptedReply, startModelServer } from '@countersign/model-server';
import { jest } from '@jest/globals';

import { languageModels, type ModelSettings } from '../src/models/language-models.js';
import { type ContractAnswer, describeLanguageModel } from '../src/testing/index.js';

// The first call of each provider loads its packages.
jest.setTimeout(30_000);

const GIVE = 'give_spec';

function reply({ text, toolCalls = [], output, usage }: ContractAnswer): ScriptedReply {
  const calls = [...toolCalls, ...(output === undefined ? [] : [{ name: GIVE, args: output }])];
  return { ...(text !== undefined && { text }), toolCalls: calls, ...(usage && { usage }) };
}

type Wire = { readonly id: string; readonly settings: (server: ModelServer, key: { reveal(): string }) => ModelSettings };

/** Groq speaks OpenAI's chat completions through a client of its own. */
const WIRES: Readonly<Record<string, Wire>> = {
  'openai-chat': { id: 'openai:gpt-5', settings: ({ baseUrls }, key) => ({ providers: { openai: { key, baseUrl: baseUrls['openai-chat'] } }, openaiApi: 'chat' }) },
  'openai-responses': { id: 'openai:gpt-5', settings: ({ baseUrls }, key) => ({ providers: { openai: { key, baseUrl: baseUrls['openai-responses'] } }, openaiApi: 'responses' }) },
  anthropic: { id: 'anthropic:claude-opus-5', settings: ({ baseUrls }, key) => ({ providers: { anthropic: { key, baseUrl: baseUrls.anthropic } } }) },
  groq: { id: 'groq:llama-3.3-70b-versatile', settings: ({ url }, key) => ({ providers: { groq: { key, baseUrl: url } } }) },
};

for (const [name, { id, settings }] of Object.entries(WIRES)) {
  for (const streams of [true, false]) {
    describeLanguageModel(`${name}, ${streams ? 'streaming' : 'whole'}`, async (answers) => {
      const server = await startModelServer({ script: ({ callNumber }) => reply(answers[callNumber - 1] ?? {}) });
      const key = { reveal: () => server.key };
      return { model: languageModels({ ...settings(server, key), streams })(id), close: () => server.close() };
    });
  }
}
