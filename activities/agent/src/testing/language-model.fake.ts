import type { ChatRequest, LanguageModelPort, ModelAnswer } from '../ports/language-model.port.js';

export type ScriptedModel = LanguageModelPort & { readonly requests: readonly ChatRequest[] };

/** Answers from a function of the request and counts the calls. */
export function scriptedModel(answer: (request: ChatRequest, call: number) => Partial<ModelAnswer>): ScriptedModel {
  const requests: ChatRequest[] = [];
  return {
    id: 'scripted',
    requests,
    async chat(request) {
      requests.push(request);
      return { text: '', toolCalls: [], output: null, usage: { inputTokens: 10, outputTokens: 5, costMicros: 100 }, ...answer(request, requests.length) };
    },
  };
}
