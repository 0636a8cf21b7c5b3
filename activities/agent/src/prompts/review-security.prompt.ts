import type { Prompt } from './prompt.js';
import { REVIEW_RULES } from './review.prompt.js';

export const REVIEW_SECURITY_PROMPT: Prompt = {
  name: 'review-security',
  version: 1,
  text: `Look for security only: input that reaches a shell, a query, a path or a page unchecked, missing checks of rights, secrets in code or logs, weakened validation or cryptography, new dependencies and network access, changes to CI that give more rights.

${REVIEW_RULES}`,
};
