import type { Prompt } from './prompt.js';
import { REVIEW_RULES } from './review.prompt.js';

export const REVIEW_CORRECTNESS_PROMPT: Prompt = {
  name: 'review-correctness',
  version: 1,
  text: `Look for correctness only: does the change do what specification and plan say, wholly and no more? Wrong conditions, missed cases and call sites, broken contracts, errors that are swallowed, races, resources that are not released.

${REVIEW_RULES}`,
};
