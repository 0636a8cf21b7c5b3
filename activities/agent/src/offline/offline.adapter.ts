import type { ChatRequest, LanguageModelPort, ModelAnswer, ModelStage } from '../ports/language-model.port.js';
import { executeAnswer } from './offline-execute.js';
import { planAnswer } from './offline-plan.js';
import { specAnswer } from './offline-spec.js';

const ANSWERS: Readonly<Record<ModelStage, (request: ChatRequest) => ModelAnswer>> = { spec: specAnswer, plan: planAnswer, execute: executeAnswer };

/**
 * Makes the deterministic changes that a request names word for word, and says MODEL_CANNOT to anything
 * else. No network, no key, no randomness: the same messages get the same answer.
 */
export class OfflineModel implements LanguageModelPort {
  readonly id = 'offline';

  async chat(request: ChatRequest): Promise<ModelAnswer> {
    return ANSWERS[request.stage](request);
  }
}
