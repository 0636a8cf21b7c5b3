import type { Prompt } from './prompt.js';
import { REVIEW_RULES } from './review.prompt.js';

export const REVIEW_TESTS_PROMPT: Prompt = {
  name: 'review-tests',
  version: 1,
  text: `Look at tests only: behaviour that changed without a test that would notice, tests that cannot fail, were weakened, skipped or deleted, and tests that depend on time, order or the network.

${REVIEW_RULES}`,
};
