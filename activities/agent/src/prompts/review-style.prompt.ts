import type { Prompt } from './prompt.js';
import { REVIEW_RULES } from './review.prompt.js';

export const REVIEW_STYLE_PROMPT: Prompt = {
  name: 'review-style',
  version: 1,
  text: `Look at style only, by the rules of the project and the code around the change: names that mislead, code that is doubled or dead, comments that are wrong, leftovers of debugging. Nothing that a formatter or linter says is worth a finding, and nothing of this kind is "blocking".

${REVIEW_RULES}`,
};
