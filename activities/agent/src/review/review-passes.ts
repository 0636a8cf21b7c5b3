import type { Prompt } from '../prompts/prompt.js';
import { REVIEW_CORRECTNESS_PROMPT } from '../prompts/review-correctness.prompt.js';
import { REVIEW_SECURITY_PROMPT } from '../prompts/review-security.prompt.js';
import { REVIEW_STYLE_PROMPT } from '../prompts/review-style.prompt.js';
import { REVIEW_TESTS_PROMPT } from '../prompts/review-tests.prompt.js';

export const REVIEW_PASSES = ['correctness', 'security', 'tests', 'style'] as const;
export type ReviewPass = (typeof REVIEW_PASSES)[number];

export const PASS_PROMPTS: Readonly<Record<ReviewPass, Prompt>> = {
  correctness: REVIEW_CORRECTNESS_PROMPT,
  security: REVIEW_SECURITY_PROMPT,
  tests: REVIEW_TESTS_PROMPT,
  style: REVIEW_STYLE_PROMPT,
};
