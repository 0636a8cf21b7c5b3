import { OFFLINE_MODEL, type ModelStage } from '@countersign/domain';

import type { ChatRequest, LanguageModelPort, ModelAnswer, ModelFacts, ModelPrice } from '../ports/language-model.port.js';
import { cannot } from './offline-answers.js';
import { executeAnswer } from './offline-execute.js';
import { planAnswer } from './offline-plan.js';
import { specAnswer } from './offline-spec.js';

const ANSWERS: Readonly<Record<ModelStage, (request: ChatRequest) => ModelAnswer>> = {
  spec: specAnswer,
  plan: planAnswer,
  execute: executeAnswer,
  review: notAsked,
  chat: notAsked,
};

/** Only a language model reviews and answers comments; requests does not ask this one. */
function notAsked(): ModelAnswer {
  return cannot('MODEL_CANNOT', 'The offline model makes changes that are named word for word; it does not review or answer questions');
}

const FREE: ModelPrice = { currency: 'USD', inputMicros: 0, cachedInputMicros: 0, outputMicros: 0, asOf: '2026-01-01', source: 'runs on this machine' };

/**
 * Makes the deterministic changes that a request names word for word, and says MODEL_CANNOT to anything
 * else. No network, no key, no randomness: the same messages get the same answer.
 */
export class OfflineModel implements LanguageModelPort {
  readonly id = OFFLINE_MODEL;
  /** Nothing is sent anywhere, so there is no window to fill and no price. */
  readonly facts: ModelFacts = { contextTokens: Number.MAX_SAFE_INTEGER, price: FREE };

  async chat(request: ChatRequest): Promise<ModelAnswer> {
    return ANSWERS[request.stage](request);
  }
}
