import type { ChatRequest, LanguageModelPort, ModelAnswer } from '../ports/language-model.port.js';

export type ScriptedModel = LanguageModelPort & { readonly requests: readonly ChatRequest[] };

/** Answers from a function of the request and counts the calls. */
export function scriptedModel(answer: (request: ChatRequest, call: number) => Partial<ModelAnswer>): ScriptedModel {
  const requests: ChatRequest[] = [];
  return {
    id: 'scripted',
    facts: { contextTokens: 200_000, price: { currency: 'USD', inputMicros: 1, cachedInputMicros: 1, outputMicros: 1, asOf: '2026-01-01', source: 'a test' } },
    requests,
    async chat(request) {
      request.signal.throwIfAborted();
      requests.push(request);
      return { text: '', toolCalls: [], output: null, usage: { inputTokens: 10, outputTokens: 5, cachedInputTokens: 0, costMicros: 100 }, ...answer(request, requests.length) };
    },
  };
}
